/* self_test: what an engine is shown before it is believed, and whether it said the right thing.
 *
 * In turn: a harmless mail, which has to be clean; the test virus as an attachment of a mail, and as a file,
 * which both have to be infected. With [scan] self_test = FILE that file takes the virus's place; with `none`
 * the harmless mail is all, and any answer will do: it only shows that the engine is alive. */
#ifndef POSTERN_SCAN_SELF_TEST_H
#define POSTERN_SCAN_SELF_TEST_H

#include "base/buf.h"
#include "core/message_kind.h"
#include "core/verdict.h"

enum { SELF_TEST_OBJECTS = 3, SELF_TEST_SAID = 256, SELF_TEST_FILE_MAX = 16 << 20 };

struct self_test_object {
    int fd; /* sealed */
    uint64_t size;
    enum message_kind kind;
    enum verdict_kind expected;
    const char *what; /* "the test virus as a file" */
};

struct self_test {
    bool is_off; /* none: engines are believed all the same */
    size_t n;
    struct self_test_object at[SELF_TEST_OBJECTS];
};

/* `setting` is [scan] self_test; NULL is none. A file is read now. False: *error says why not. */
bool self_test_init(struct self_test *test, const char *setting, struct buf *error);
void self_test_fini(struct self_test *test);
/* False: *said (of SELF_TEST_SAID bytes) is what the engine did wrong: "called the test virus ... clean". */
bool self_test_judge(const struct self_test *test, const struct self_test_object *object,
                     const struct verdict *verdict, char *said);
/* Was it a wrong verdict, and not that there was none? */
bool self_test_is_wrong_verdict(const char *said);

#endif
