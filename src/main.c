#include "cmd/cmd.h"
#include "sys/library_memory.h"
#include "sys/process.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *prose;
};

static const struct command commands[] = {
    {"run", cmd_run, "start the service"},
    {"check", cmd_check, "report what is wrong with the configuration"},
    {"convert", cmd_convert, "print a configuration of P3Scan's as one of Postern's own"},
    {"doctor", cmd_doctor, "check the whole chain, and report faults and their cures"},
    {"status", cmd_status, "report the state of the running service"},
    {"reload", cmd_reload, "have the running service read its configuration anew"},
    {"test-scan", cmd_test_scan, "have the running service scan a file"},
    {"quarantine", cmd_quarantine, "look at the messages that were not let through"},
    {"trace", cmd_trace, "report whether the way to a mail server is intercepted"},
    {"gateway", cmd_gateway, "bring mail here: packet filter, routes and what they need"},
    {"tls", cmd_tls, "make and show the certificate authority for encrypted connections"},
    {"version", cmd_version, "print the version"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *to)
{
    fputs("usage: postern COMMAND [-c FILE] ...\n\n", to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-12s%s\n", commands[i].name, commands[i].prose);
    fputs("\nSee postern COMMAND --help for more.\n", to);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CMD_USAGE;
    }
    if (!process_hold_standard()) {
        perror("postern: /dev/null");
        return CMD_FAILED;
    }
    library_memory_init();
    process_title_init(argc, argv);
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return CMD_DONE;
    }
    fprintf(stderr, "postern: there is no command %s\n", argv[1]);
    print_help(stderr);
    return CMD_USAGE;
}
