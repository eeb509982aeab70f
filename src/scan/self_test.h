/* self_test: the objects that an engine must judge correctly before it is trusted.
 *
 * In this order: a harmless mail, which must be clean; the test virus as an attachment of a mail, and as a
 * file, both of which must be infected. With [scan] self_test = FILE, that file replaces the virus. With
 * `none`, only the harmless mail is sent, and any verdict but `failed` is accepted: it shows only that the
 * engine is alive. */
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
    const char *what; /* for log texts: "the test virus of EICAR as a file" */
};

struct self_test {
    bool is_off; /* self_test = none: any verdict but `failed` is accepted */
    size_t n;
    struct self_test_object at[SELF_TEST_OBJECTS];
};

/* `setting` is [scan] self_test; NULL means none. If it names a file, reads the file. Returns false on
 * failure; *error has the reason. */
bool self_test_init(struct self_test *test, const char *setting, struct buf *error);
void self_test_fini(struct self_test *test);
/* Returns whether the verdict is accepted. If not, `failure` (SELF_TEST_FAILURE_SIZE bytes) describes the
 * error of the engine: "called the test virus ... clean". */
bool self_test_judge(const struct self_test *test, const struct self_test_object *object,
                     const struct verdict *verdict, char *failure);
/* Does the text of self_test_judge report a wrong verdict, rather than a missing one? */
bool self_test_is_wrong_verdict(const char *failure);

#endif
