#include "tests/unit/quarantine/quarantine_lab.h"

#include "sys/clock_reading.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int lab_setup(void **state)
{
    struct lab *lab = mem_alloc_zero(sizeof *lab);

    snprintf(lab->directory, sizeof lab->directory, "/tmp/postern-quarantine-XXXXXX");
    assert_non_null(mkdtemp(lab->directory));
    lab->limits.release_s = QUARANTINE_RELEASE_S;
    lab_reopen(lab);
    *state = lab;
    return 0;
}

static void path_of(const struct lab *lab, const char *name, char path[400])
{
    snprintf(path, 400, "%s/%s", lab->directory, name);
}

int lab_teardown(void **state)
{
    struct lab *lab = *state;
    DIR *stream = opendir(lab->directory);
    struct dirent *entry;

    while ((entry = readdir(stream)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            lab_remove(lab, entry->d_name);
    closedir(stream);
    assert_int_equal(rmdir(lab->directory), 0);
    quarantine_free(&lab->quarantine);
    buf_fini(&lab->error);
    free(lab);
    return 0;
}

void lab_reopen(struct lab *lab)
{
    quarantine_free(&lab->quarantine);
    lab->quarantine = quarantine_open(lab->directory, &lab->error);
    assert_non_null(lab->quarantine);
    quarantine_set_limits(lab->quarantine, &lab->limits);
}

void lab_limit(struct lab *lab, const struct quarantine_limits *limits)
{
    lab->limits = *limits;
    quarantine_set_limits(lab->quarantine, limits);
}

int lab_message(struct span bytes)
{
    int fd = memfd_create("message", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
    return fd;
}

struct incident lab_incident(const char *server, const char *user, uint64_t size)
{
    struct incident incident = {
        .size = size, .received_s = 1107610234, .protocol = "POP3", .session = "5f0c-12"};

    verdict_set_found(&incident.verdict, SPAN("Worm.SomeFool.AA-2"));
    snprintf(incident.verdict.engine, sizeof incident.verdict.engine, "builtin");
    snprintf(incident.verdict.signatures, sizeof incident.verdict.signatures, "27000");
    snprintf(incident.facts.from, sizeof incident.facts.from, "webmaster@example.org");
    snprintf(incident.facts.to, sizeof incident.facts.to, "christian@example.net");
    snprintf(incident.facts.subject, sizeof incident.facts.subject, "Information");
    snprintf(incident.facts.date, sizeof incident.facts.date, "Sat, 05 Feb 2005 14:30:34 +0100");
    snprintf(incident.client, sizeof incident.client, "192.168.0.10:1395");
    snprintf(incident.server, sizeof incident.server, "%s", server);
    snprintf(incident.user, sizeof incident.user, "%s", user);
    return incident;
}

void lab_look(struct lab *lab, int64_t now_s)
{
    struct age_stamp now = {now_s, {now_s, "4f1d0b3e-0000-4000-8000-000000000001"}};

    struct age_clock real = clock_reading_once();

    if (lab->has_real_clock)
        quarantine_set_clock(lab->quarantine, &real);
    else
        quarantine_update_clock(lab->quarantine, &now, true);
}

static enum quarantine_stored store(struct lab *lab, struct span bytes, bool destroy,
                                    struct incident incident)
{
    int fd = lab_message(bytes);
    enum quarantine_stored stored;

    if (lab->now_s)
        incident.received_s = lab->now_s;
    buf_clear(&lab->error);
    lab_look(lab, incident.received_s);
    stored = quarantine_store(lab->quarantine, fd, destroy, &incident, &lab->error);
    close(fd);
    memcpy(lab->id, incident.id, sizeof lab->id);
    memcpy(lab->file, incident.file, sizeof lab->file);
    return stored;
}

enum quarantine_stored lab_try(struct lab *lab, struct span bytes, bool destroy, const char *server,
                               const char *user)
{
    return store(lab, bytes, destroy, lab_incident(server, user, bytes.n));
}

enum quarantine_stored lab_try_file(struct lab *lab, struct span bytes, const char *name, const char *server,
                                    const char *user)
{
    struct incident incident = lab_incident(server, user, bytes.n);

    incident.kind = MESSAGE_FILE;
    incident.facts = (struct mail_facts){0};
    snprintf(incident.protocol, sizeof incident.protocol, "FTP");
    snprintf(incident.name, sizeof incident.name, "%s", name);
    return store(lab, bytes, false, incident);
}

bool lab_ask(struct lab *lab, enum quarantine_verb verb, const char *id, bool everyone,
             struct quarantine_answer *answer)
{
    struct quarantine_request request = {.verb = (uint8_t)verb, .everyone = everyone};

    memcpy(request.id, id, strnlen(id, sizeof request.id));
    lab_look(lab, lab->now_s);
    quarantine_serve(lab->quarantine, &request, answer);
    assert_int_equal(answer->result == QUARANTINE_DONE, !answer->text[0]);
    return answer->result == QUARANTINE_DONE;
}

bool lab_store(struct lab *lab, struct span bytes, const char *server, const char *user)
{
    return lab_try(lab, bytes, false, server, user) == QUARANTINE_STORED;
}

bool lab_destroy(struct lab *lab, struct span bytes, const char *user)
{
    return lab_try(lab, bytes, true, "193.252.22.90:110", user) == QUARANTINE_STORED;
}

static bool ends(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);

    return n >= m && strcmp(name + n - m, suffix) == 0;
}

size_t lab_files(const struct lab *lab, const char *suffix)
{
    DIR *stream = opendir(lab->directory);
    struct dirent *entry;
    size_t n = 0;

    assert_non_null(stream);
    while ((entry = readdir(stream)))
        n += entry->d_name[0] != '.' && ends(entry->d_name, suffix);
    closedir(stream);
    return n;
}

void lab_write(const struct lab *lab, const char *name, struct span bytes)
{
    char path[400];
    int fd;

    path_of(lab, name, path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
    close(fd);
}

bool lab_has(const struct lab *lab, const char *name)
{
    struct stat facts;
    char path[400];

    path_of(lab, name, path);
    return lstat(path, &facts) == 0;
}

void lab_remove(const struct lab *lab, const char *name)
{
    char path[400];

    path_of(lab, name, path);
    assert_int_equal(remove(path), 0);
}

void lab_read(const struct lab *lab, const char *name, struct buf *bytes)
{
    struct stat facts;
    char path[400];
    int fd;

    path_of(lab, name, path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &facts), 0);
    assert_int_equal(read(fd, buf_reserve(bytes, (size_t)facts.st_size), (size_t)facts.st_size),
                     facts.st_size);
    bytes->n += (size_t)facts.st_size;
    close(fd);
}

void lab_list(const struct lab *lab, struct quarantine_list *list)
{
    assert_true(quarantine_list(quarantine_directory(lab->quarantine), list));
}
