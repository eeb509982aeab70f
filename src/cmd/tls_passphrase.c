#include "cmd/tls_passphrase.h"

#include "sys/durable.h"
#include "sys/privileges.h"
#include "sys/terminal.h"
#include "x509/authority.h"
#include "x509/passphrase.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ATTEMPTS = 3, LINE_SIZE = AUTHORITY_PASSPHRASE_MAX + 1 };

static bool fail(struct buf *error, const char *why)
{
    buf_add(error, span_of(why));
    return false;
}

/* Runs in the child. */
static enum authority_fault load(const struct conf_tls *conf, int asked)
{
    enum authority_fault fault = AUTHORITY_UNUSABLE;
    struct buf error = {0}, passphrase = {0};
    int directory = privileges_lock_down() ? durable_open_directory(conf->directory, &error) : -1;

    if (directory >= 0 && passphrase_read(conf, asked, &passphrase, &error))
        authority_load(directory, buf_span(&passphrase), &fault, &error);
    return fault;
}

/* Tries to load the keys. */
static enum authority_fault try_keys(const struct conf_tls *conf, int asked)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        _exit((int)load(conf, asked));
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return AUTHORITY_UNUSABLE;
    return (enum authority_fault)WEXITSTATUS(status);
}

static int open_terminal(struct secret *secret, struct buf *error)
{
    int terminal = terminal_open();

    if (terminal < 0) {
        fail(error, "the passphrase cannot be asked for without a terminal");
    } else if (!secret_init(secret)) {
        durable_fail(error, "memory for the passphrase");
        close(terminal);
        terminal = -1;
    }
    return terminal;
}

static bool ask(int terminal, const char *prompt, struct secret *secret, struct buf *error)
{
    memset(secret->p, 0, SECRET_SIZE);
    return terminal_ask(terminal, prompt, secret->p, LINE_SIZE) ||
           fail(error, "no passphrase was entered, or one that is too long");
}

static bool ask_until_it_fits(const struct conf_tls *conf, int terminal, struct secret *secret,
                              struct buf *error)
{
    struct buf prompt = {0};
    bool is_asked = true;
    enum authority_fault fault = AUTHORITY_NEEDS_PASSPHRASE;

    buf_add_format(&prompt, "Passphrase of the keys in %s: ", conf->directory);
    for (int i = 0; i < ATTEMPTS && is_asked && fault >= AUTHORITY_NEEDS_PASSPHRASE; i++) {
        is_asked = ask(terminal, buf_c_str(&prompt), secret, error);
        fault = is_asked ? try_keys(conf, secret->fd) : fault;
        if (is_asked && fault >= AUTHORITY_NEEDS_PASSPHRASE)
            terminal_write(terminal, "This is not the passphrase.\n");
    }
    buf_fini(&prompt);
    if (is_asked && fault >= AUTHORITY_NEEDS_PASSPHRASE)
        is_asked = fail(error, "wrong passphrase");
    return is_asked;
}

bool tls_passphrase_get(const struct conf_tls *conf, struct secret *secret, struct buf *error)
{
    bool is_known = false;
    int terminal;

    *secret = SECRET_EMPTY;
    if (try_keys(conf, 0) != AUTHORITY_NEEDS_PASSPHRASE)
        return true;
    buf_add_format(error, "the keys in %s are encrypted: ", conf->directory);
    terminal = open_terminal(secret, error);
    if (terminal >= 0) {
        is_known = ask_until_it_fits(conf, terminal, secret, error);
        close(terminal);
    } else {
        buf_add(error, SPAN("; set [tls] passphrase_file, or supply the credential " PASSPHRASE_CREDENTIAL));
    }
    if (is_known)
        buf_clear(error);
    else
        secret_fini(secret);
    return is_known;
}

static bool ask_twice(int terminal, struct secret *secret, struct buf *error)
{
    struct secret again;
    bool is_asked = ask(terminal, "New passphrase of the keys: ", secret, error);

    if (!is_asked || !secret_init(&again))
        return is_asked && durable_fail(error, "memory for the passphrase");
    if (*secret->p == '\n')
        is_asked = fail(error, "the passphrase is empty");
    else if (ask(terminal, "The same passphrase again: ", &again, error))
        is_asked = strcmp(secret->p, again.p) == 0 || fail(error, "the two passphrases are different");
    else
        is_asked = false;
    secret_fini(&again);
    return is_asked;
}

bool tls_passphrase_make(struct secret *secret, struct buf *error)
{
    bool is_made = false;
    int terminal;

    *secret = SECRET_EMPTY;
    terminal = open_terminal(secret, error);
    if (terminal < 0)
        return false;
    is_made = ask_twice(terminal, secret, error);
    close(terminal);
    if (!is_made)
        secret_fini(secret);
    return is_made;
}
