/* quarantine_lab: a quarantine in a directory of its own, and messages to store. */
#ifndef POSTERN_TESTS_QUARANTINE_LAB_H
#define POSTERN_TESTS_QUARANTINE_LAB_H

#include "quarantine/quarantine.h"
#include "quarantine/quarantine_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct lab {
    char directory[64];
    struct quarantine *quarantine;
    struct buf error;
    char id[INCIDENT_ID_SIZE]; /* of the last store */
    char file[64];
    int64_t now_s;       /* time of stores; 0: that of lab_incident */
    bool has_real_clock; /* use the real clock instead of now_s */
    struct quarantine_limits limits;
};

int lab_setup(void **state);
int lab_teardown(void **state);
/* Sets limits, now and after each lab_reopen. */
void lab_limit(struct lab *lab, const struct quarantine_limits *limits);
/* Reopens the quarantine, as after a restart of the keeper. */
void lab_reopen(struct lab *lab);

/* Returns a memfd with these bytes, its offset at the end. */
int lab_message(struct span bytes);
struct incident lab_incident(const char *server, const char *user, uint64_t size);
/* Stores the bytes as a file of that name, which the user sends to, or gets from, the server. */
enum quarantine_stored lab_try_file(struct lab *lab, struct span bytes, const char *name, const char *server,
                                    const char *user);
/* Sets a correct clock on a machine that has been running since 1970. */
void lab_look(struct lab *lab, int64_t now_s);
/* Stores bytes for the user from the server. Returns whether they were stored; id and file are in the lab. */
bool lab_store(struct lab *lab, struct span bytes, const char *server, const char *user);
/* The same; returns the result of quarantine_store. */
enum quarantine_stored lab_try(struct lab *lab, struct span bytes, bool destroy, const char *server,
                               const char *user);
/* Calls quarantine_serve at lab->now_s; true if it was done. */
bool lab_ask(struct lab *lab, enum quarantine_verb verb, const char *id, bool everyone,
             struct quarantine_answer *answer);
bool lab_destroy(struct lab *lab, struct span bytes, const char *user);

size_t lab_files(const struct lab *lab, const char *suffix); /* number of files with this suffix */
void lab_write(const struct lab *lab, const char *name, struct span bytes);
bool lab_has(const struct lab *lab, const char *name);
void lab_remove(const struct lab *lab, const char *name);
void lab_read(const struct lab *lab, const char *name, struct buf *bytes);
void lab_list(const struct lab *lab, struct quarantine_list *list);

#endif
