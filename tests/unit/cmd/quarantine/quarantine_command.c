#include "tests/unit/cmd/quarantine/quarantine_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *the_id = "";

struct buf command_out, command_err;
char command_conf[128];

int command_setup(void **state)
{
    struct lab *lab;
    FILE *conf;

    lab_setup(state);
    lab = *state;
    snprintf(command_conf, sizeof command_conf, "%s.conf", lab->directory);
    conf = fopen(command_conf, "we");
    assert_non_null(conf);
    fprintf(conf, "[postern]\nuser = %s\n[quarantine]\ndirectory = %s\nretention = 1m\n",
            geteuid() == 0 ? "root" : "postern", lab->directory);
    fclose(conf);
    return 0;
}

int command_teardown(void **state)
{
    unlink(command_conf);
    buf_fini(&command_out);
    buf_fini(&command_err);
    return lab_teardown(state);
}

static void take(int fd, struct buf *bytes)
{
    ssize_t got;

    buf_clear(bytes);
    lseek(fd, 0, SEEK_SET);
    while ((got = read(fd, buf_reserve(bytes, 65536), 65536)) > 0)
        bytes->n += (size_t)got;
    buf_c_str(bytes);
    close(fd);
}

/* `words` is split at spaces; "%" is replaced by the configuration's path. */
int command_onto(int stdout_fd, const char *words)
{
    int kept_out = dup(STDOUT_FILENO), kept_err = dup(STDERR_FILENO), err_fd = memfd_create("err", 0), status;
    char *line = mem_copy_string(span_of(words)), *argv[16] = {(char[]){"quarantine"}}, *rest = line, *word;
    int argc = 1;

    while ((word = strsep(&rest, " ")) && argc < 15)
        argv[argc++] = strcmp(word, "%") == 0 ? command_conf : strcmp(word, "#") == 0 ? (char *)the_id : word;
    fflush(NULL);
    dup2(stdout_fd, STDOUT_FILENO);
    dup2(err_fd, STDERR_FILENO);
    status = cmd_quarantine(argc, argv);
    fflush(NULL);
    dup2(kept_out, STDOUT_FILENO);
    dup2(kept_err, STDERR_FILENO);
    close(kept_out);
    close(kept_err);
    take(err_fd, &command_err);
    free(line);
    return status;
}

int command(const char *words)
{
    int fd = memfd_create("out", 0), status = command_onto(fd, words);

    take(fd, &command_out);
    return status;
}

/* The same; "#" is replaced by an id. */
int command_id(const char *words, const char *id)
{
    the_id = id;
    return command(words);
}
