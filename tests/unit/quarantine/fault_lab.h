/* fault_lab: stores whose system calls fail, or at which the process ends. The linker inserts the functions
 * of fault_lab.c between the quarantine and the C library (--wrap in meson.build). */
#ifndef POSTERN_TESTS_FAULT_LAB_H
#define POSTERN_TESTS_FAULT_LAB_H

#include "tests/unit/quarantine/quarantine_lab.h"

struct faults {
    bool on;
    unsigned calls;   /* calls of this store that may fail */
    unsigned failing; /* number of the call that fails; 0: none */
    int reason;
    bool kills;       /* the process ends instead of that call */
    bool removes;     /* removals may fail, too */
    bool is_plain;    /* the file system supports neither RENAME_NOREPLACE nor links */
    struct buf trace; /* "fsync file, " ... */
};

extern struct faults faults;
extern const char provider[];

/* Makes the `failing`th call of the next store fail. */
void plan(unsigned failing, int reason);
/* Stores a message of the user, with the planned fault. */
bool store(struct lab *lab, const char *user, bool destroy);
/* Asserts that these are the only files. */
void assert_files(const struct lab *lab, size_t records, size_t originals);

/* Teardown of a test on a plain file system. */
int plain_no_more(void **state);
/* Group teardown: frees the trace. */
int free_trace(void **state);

#define IN_PLAIN(test) cmocka_unit_test_setup_teardown(test, lab_setup, plain_no_more)
#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, lab_setup, lab_teardown)

#endif
