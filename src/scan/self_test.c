#include "scan/self_test.h"

#include "scan/test_virus.h"
#include "sys/spool.h"
#include "sys/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Copies the bytes into a sealed memfd. */
static int copy_to_memfd(struct span bytes)
{
    static const struct spool_settings memory = {"/", UINT64_MAX};
    struct spool spool = SPOOL_EMPTY;
    int fd = -1;

    if (spool_write(&spool, &memory, bytes) && spool_share(&spool) >= 0)
        fd = fcntl(spool.fd, F_DUPFD_CLOEXEC, 0);
    spool_fini(&spool);
    return fd;
}

static bool add(struct self_test *test, const struct buf *bytes, struct self_test_object object,
                struct buf *error)
{
    object.fd = copy_to_memfd(buf_span(bytes));
    object.size = bytes->n;
    if (object.fd < 0) {
        buf_add_format(error, "no memory for the self test: %s", strerror(errno));
        return false;
    }
    test->at[test->n++] = object;
    return true;
}

static bool add_harmless(struct self_test *test, struct buf *error)
{
    struct buf mail = {0};
    bool is_added;

    test_virus_add_harmless(&mail, "harmless");
    is_added = add(test, &mail,
                   (struct self_test_object){.expected = VERDICT_CLEAN, .what = "a harmless mail"}, error);
    buf_fini(&mail);
    return is_added;
}

static bool add_virus(struct self_test *test, const struct buf *content, const char *attached,
                      const char *alone, struct buf *error)
{
    struct buf mail = {0};
    bool is_added;

    test_virus_add_mail(&mail, buf_span(content), "attachment");
    is_added =
        add(test, &mail, (struct self_test_object){.expected = VERDICT_INFECTED, .what = attached}, error) &&
        add(test, content,
            (struct self_test_object){.kind = MESSAGE_FILE, .expected = VERDICT_INFECTED, .what = alone},
            error);
    buf_fini(&mail);
    return is_added;
}

static bool read_file(const char *path, struct buf *content, struct buf *error)
{
    struct buf reason = {0};
    bool is_read = whole_file_read(path, SELF_TEST_FILE_MAX, content, &reason);

    if (!is_read || content->n == 0)
        buf_add_format(error, "[scan] self_test: %s: %s", path, is_read ? "it is empty" : buf_c_str(&reason));
    buf_fini(&reason);
    return is_read && content->n > 0;
}

bool self_test_init(struct self_test *test, const char *setting, struct buf *error)
{
    struct buf content = {0};
    bool is_good;

    *test = (struct self_test){.is_off = !setting || strcmp(setting, "none") == 0};
    is_good = add_harmless(test, error);
    if (is_good && !test->is_off && setting[0] == '/') {
        is_good = read_file(setting, &content, error) &&
                  add_virus(test, &content, "the file of self_test as an attachment", "the file of self_test",
                            error);
    } else if (is_good && !test->is_off) {
        test_virus_add(&content);
        is_good = add_virus(test, &content, "the test virus of EICAR as an attachment",
                            "the test virus of EICAR as a file", error);
    }
    buf_fini(&content);
    if (!is_good)
        self_test_fini(test);
    return is_good;
}

void self_test_fini(struct self_test *test)
{
    for (size_t i = 0; i < test->n; i++)
        close(test->at[i].fd);
    test->n = 0;
}

#define WRONG_VERDICT "called "

bool self_test_judge(const struct self_test *test, const struct self_test_object *object,
                     const struct verdict *verdict, char *failure)
{
    enum verdict_kind kind = (enum verdict_kind)verdict->kind;
    bool is_silent = kind == VERDICT_FAILED || verdict_is_late(verdict);

    if (is_silent)
        snprintf(failure, SELF_TEST_FAILURE_SIZE, "gave no verdict on %s", object->what);
    else if (kind != object->expected && !test->is_off)
        snprintf(failure, SELF_TEST_FAILURE_SIZE, WRONG_VERDICT "%s %s%s%.100s", object->what,
                 verdict_kind_name(kind), verdict->name[0] ? ": " : "", verdict->name);
    else
        return true;
    failure[SELF_TEST_FAILURE_SIZE - 1] = '\0';
    return false;
}

bool self_test_is_wrong_verdict(const char *failure)
{
    return span_starts(span_of(failure), SPAN(WRONG_VERDICT));
}
