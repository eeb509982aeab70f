/* self_test: the objects that an engine must judge correctly before it is trusted.
 *
 * The first object is a harmless mail, which must be clean. Then come the test virus as an attachment of a
 * mail, and as a file; both must be infected. With [scan] self_test = FILE, that file replaces the virus.
 * With self_test = none, only the harmless mail is sent, to find out whether the engine is alive: any verdict
 * is accepted, unless it is `failed` or at the deadline. */
#ifndef POSTERN_SCAN_SELF_TEST_H
#define POSTERN_SCAN_SELF_TEST_H

#include "base/buf.h"
#include "core/message_kind.h"
#include "core/verdict.h"

enum { SELF_TEST_OBJECTS = 3, SELF_TEST_FAILURE_SIZE = 256, SELF_TEST_FILE_MAX = 16 << 20 };

struct self_test_object {
    int fd; /* sealed */
    uint64_t size;
    enum message_kind kind;
    enum verdict_kind expected;
    const char *what; /* the object, for log texts */
};

struct self_test {
    bool is_off; /* self_test = none */
    size_t n;
    struct self_test_object at[SELF_TEST_OBJECTS];
};

/* `setting` is [scan] self_test; NULL means none. If `setting` names a file, reads the file. False: *error
 * has the reason. */
bool self_test_init(struct self_test *test, const char *setting, struct buf *error);
void self_test_fini(struct self_test *test);
/* Returns whether the verdict is accepted. If it is not, `failure` (SELF_TEST_FAILURE_SIZE bytes) tells what
 * the engine did wrong: "called the test virus ... clean". */
bool self_test_judge(const struct self_test *test, const struct self_test_object *object,
                     const struct verdict *verdict, char *failure);
/* Does the text of self_test_judge report a wrong verdict, rather than a missing one? */
bool self_test_is_wrong_verdict(const char *failure);

#endif
