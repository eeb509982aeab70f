#include "sys/terminal.h"

#include "sys/process.h"
#include "sys/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

int terminal_open(void)
{
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (terminal >= 0 && tcgetpgrp(terminal) != getpgrp()) {
        close(terminal);
        terminal = -1;
    }
    return terminal;
}

void terminal_write(int terminal, const char *text)
{
    write_all(terminal, span_of(text));
}

/* Returns the signal that ends the process; 0: none. SIGTSTP is dropped. */
static int next_signal(int signals)
{
    int number;

    do
        number = process_signals_next(signals);
    while (number == SIGTSTP);
    return number;
}

/* Waits for the next input. Returns false if a signal has arrived, and sets *ended_by. */
static bool await_input(int terminal, int signals, int *ended_by)
{
    struct pollfd watched[] = {{.fd = terminal, .events = POLLIN}, {.fd = signals, .events = POLLIN}};

    while (poll(watched, 2, -1) >= 0 || errno == EINTR) {
        *ended_by = watched[1].revents ? next_signal(signals) : 0;
        if (*ended_by || watched[0].revents)
            return *ended_by == 0;
        watched[0].revents = watched[1].revents = 0;
    }
    return false;
}

/* A terminal passes on a line when it is complete, except after Ctrl-D. */
static bool read_line(int terminal, int signals, char *line, size_t size, int *ended_by)
{
    size_t n = 0;

    while (n < size && await_input(terminal, signals, ended_by)) {
        ssize_t got = read(terminal, line + n, size - n);

        if (got <= 0)
            return false;
        n += (size_t)got;
        if (line[n - 1] == '\n')
            return true;
    }
    return false;
}

/* The prompt comes after the change of the terminal, which discards earlier input. */
static bool ask_unseen(int terminal, const char *prompt, char *line, size_t size, int *ended_by)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    int signals = process_signals_open(ends, sizeof ends / sizeof *ends);
    struct termios before, unseen;
    bool is_read;

    if (signals < 0)
        return false;
    is_read = tcgetattr(terminal, &before) == 0;
    if (is_read) {
        unseen = before;
        unseen.c_lflag &= ~(tcflag_t)ECHO;
        unseen.c_lflag |= ICANON | ISIG | ECHONL;
        is_read = tcsetattr(terminal, TCSAFLUSH, &unseen) == 0;
        terminal_write(terminal, prompt);
        is_read = is_read && read_line(terminal, signals, line, size, ended_by);
        tcsetattr(terminal, TCSAFLUSH, &before);
    }
    close(signals);
    return is_read;
}

bool terminal_ask(int terminal, const char *prompt, char *line, size_t size)
{
    sigset_t before;
    int ended_by = 0;
    bool is_read;

    sigprocmask(SIG_BLOCK, NULL, &before);
    is_read = ask_unseen(terminal, prompt, line, size, &ended_by);
    if (ended_by) {
        explicit_bzero(line, size);
        raise(ended_by);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return is_read;
}
