#include "content/container.h"
#include "base/buf.h"
#include "content/office.h"
#include "content/wrapped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { RANDOM_BYTES = 4 << 20, OLE_BYTES = 2048, MANY_BYTES = 4 << 20, DIRECTORY_AT = 512, STREAM_AT = 1024 };

/* One sample of each format with a header beyond a magic number; tests/e2e/test_containers.py has real
 * files. */
static const struct {
    enum container kind;
    struct span bytes;
} heads[] = {
    {CONTAINER_XZ, SPAN("\xfd"
                        "7zXZ\0\0\4\xe6\xd6\xb4\x46 and more of it")},
    {CONTAINER_BZIP2, SPAN("BZh91AY&SY....")},
    {CONTAINER_LZIP, SPAN("LZIP\1\x10\0...................")},
    {CONTAINER_ZSTD, SPAN("\x28\xb5\x2f\xfd\x20\5\x29\0\0hello")},
    {CONTAINER_LZ4, SPAN("\4\x22\x4d\x18\x60\x40\x82\5\0\0\x80hello\0\0\0\0")},
    {CONTAINER_RAR, SPAN("Rar!\x1a\7\0\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0")},
    {CONTAINER_LZOP, SPAN("\x89LZO\0\r\n\x1a\n........")},
    {CONTAINER_LRZIP, SPAN("LRZI\0\6....................")},
    {CONTAINER_XAR, SPAN("xar!\0\x1c\0\1....................")},
    {CONTAINER_WIM, SPAN("MSWIM\0\0\0\xd0\0\0\0....")},
    {CONTAINER_CHM, SPAN("ITSF\3\0\0\0\x60\0\0\0\1\0\0\0....")},
};

enum { HEADS = sizeof heads / sizeof heads[0] };

static void add_head(struct buf *out, size_t i)
{
    buf_add(out, heads[i].bytes);
    for (int n = 0; n < 300; n++)
        buf_add_char(out, 'x');
}

static void knows_what_a_file_is(void **state)
{
    for (size_t i = 0; i < HEADS; i++) {
        struct buf file = {0};

        add_head(&file, i);
        assert_string_equal(container_name(container_of(buf_span(&file))), container_name(heads[i].kind));
        buf_fini(&file);
    }
    assert_int_equal(container_of(SPAN("")), CONTAINER_NONE);
    assert_int_equal(container_of(SPAN("an ordinary text\r\n")), CONTAINER_NONE);
    assert_int_equal(container_of(SPAN("\x1f\x9d\x90....")), CONTAINER_COMPRESS);
    assert_int_equal(container_of(SPAN("\x1f\x9d\x61....")), CONTAINER_NONE);
    assert_int_equal(container_of(SPAN("\x5d\0\0\1\0\xff\xff\xff\xff\xff\xff\xff\xff\0.......")),
                     CONTAINER_LZMA);
    assert_int_equal(container_of(SPAN("\x5d\0\0\1\1\xff\xff\xff\xff\xff\xff\xff\xff\0.......")),
                     CONTAINER_NONE);
}

static void finds_what_begins_after_other_data(void **state)
{
    for (size_t i = 0; i < HEADS; i++) {
        struct buf file = {0};

        buf_add(&file, SPAN("MZ other data, or a script that unpacks what follows\n"));
        assert_int_equal(container_within(buf_span(&file), false), CONTAINER_NONE);
        add_head(&file, i);
        assert_int_equal(container_of(buf_span(&file)), CONTAINER_NONE);
        assert_string_equal(container_name(container_within(buf_span(&file), false)),
                            container_name(heads[i].kind));
        assert_int_equal(container_within(buf_span(&file), true) == CONTAINER_NONE,
                         container_opening(heads[i].kind) != CONTAINER_CLOSED);
        buf_fini(&file);
    }
}

/* A header with one changed bit in a checked field is not recognised, unless it is another valid header. */
static void a_magic_number_alone_is_none(void **state)
{
    assert_int_equal(container_within(SPAN("..\xfd"
                                           "7zXZ\0\0\4\xe6\xd6\xb4\x47.............."),
                                      false),
                     CONTAINER_NONE);
    assert_int_equal(container_within(SPAN("..BZh91AY&SX......"), false), CONTAINER_NONE);
    assert_int_equal(container_within(SPAN("..\x28\xb5\x2f\xfd\x0f\x84\0\0\0\0\0\0\0"), false),
                     CONTAINER_NONE);
    assert_int_equal(container_within(SPAN("..\x28\xb5\x2f\xfd\x20\5\x2f\0\0hello"), false), CONTAINER_NONE);
    assert_int_equal(container_within(SPAN("..Rar!\x1a\7\0\xcf\x91\x73\0\0\x0d\0\0\0\0\0\0\0"), false),
                     CONTAINER_NONE);
    assert_int_equal(container_within(SPAN("..Rar!\x1a\7\0 is the mark of an archive"), false),
                     CONTAINER_NONE);
    assert_int_equal(container_within(SPAN("..07070100000000 is the mark of an archive"), false),
                     CONTAINER_NONE);
    assert_int_equal(container_within(SPAN("..a line that begins with !<arch>\n and goes on, and on, and on, "
                                           "and on, and on, and on"),
                                      false),
                     CONTAINER_NONE);
    assert_int_equal(container_within(SPAN("LZIP\1 and -lh5- and ustar and **ACE** and hsqs and KDMV and "
                                           "QFI\xfb and vhdxfile and xar! and ITSF"),
                                      false),
                     CONTAINER_NONE);
}

static void random_bytes_hold_none(void **state)
{
    char *bytes = malloc(RANDOM_BYTES);
    unsigned seed = 5;

    for (size_t i = 0; i < RANDOM_BYTES; i++)
        bytes[i] = (char)(rand_r(&seed) >> 7);
    assert_int_equal(container_within((struct span){bytes, RANDOM_BYTES}, false), CONTAINER_NONE);
    free(bytes);
}

static void every_kind_has_a_name(void **state)
{
    for (enum container kind = CONTAINER_NONE + 1; kind < CONTAINER_COUNT; kind++)
        assert_true(container_name(kind)[0]);
}

/* A compound file with one directory entry, and its stream at STREAM_AT. */
static struct span compound(char file[OLE_BYTES], const char *name, struct span stream)
{
    char *entry = file + DIRECTORY_AT + 128;
    size_t n = strlen(name);

    memset(file, 0, OLE_BYTES);
    memcpy(file, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
    file[30] = 9;
    for (size_t i = 0; i < n; i++)
        entry[2 * i] = name[i];
    entry[64] = (char)(2 * (n + 1));
    entry[66] = 2;
    entry[116] = STREAM_AT / 512 - 1;
    memcpy(file + STREAM_AT, stream.p, stream.n);
    return (struct span){file, OLE_BYTES};
}

static void knows_documents_with_a_password(void **state)
{
    char file[OLE_BYTES];

    assert_true(office_is_encrypted(compound(file, "EncryptedPackage", SPAN("x"))));
    assert_true(office_is_encrypted(compound(file, "WordDocument", SPAN("\xec\xa5\xc1\0....\0\0\0\1"))));
    assert_true(office_is_encrypted(
        compound(file, "Workbook", SPAN("\x09\x08\2\0\0\6\x86\0\0\0\x2f\0\4\0\0\0\1\0"))));
    assert_true(office_is_encrypted(compound(file, "Book", SPAN("\x09\x08\2\0\0\5\x2f\0\0\0"))));
    assert_true(office_is_encrypted(
        compound(file, "Current User", SPAN("\0\0\xf6\x0f\x1c\0\0\0\x14\0\0\0\xdf\xc4\xd1\xf3"))));
    assert_true(office_is_encrypted(SPAN("<?xml version=\"1.0\"?><manifest:manifest>"
                                         "<manifest:encryption-data manifest:checksum=\"x\">")));
}

static void and_those_without(void **state)
{
    char file[OLE_BYTES];

    assert_false(office_is_encrypted(SPAN("")));
    assert_false(office_is_encrypted(SPAN("EncryptedPackage")));
    assert_false(office_is_encrypted(SPAN("<?xml version=\"1.0\"?><manifest:manifest>")));
    assert_false(office_is_encrypted(compound(file, "EncryptedPackages", SPAN("x"))));
    assert_false(office_is_encrypted(compound(file, "WordDocument", SPAN("\xec\xa5\xc1\0....\0\0\xff\xfe"))));
    assert_false(office_is_encrypted(
        compound(file, "Workbook", SPAN("\x09\x08\2\0\0\6\x85\0\4\0\x2f\0\0\0\x0a\0\0\0"))));
    assert_false(office_is_encrypted(
        compound(file, "Current User", SPAN("\0\0\xf6\x0f\x1c\0\0\0\x14\0\0\0\x5f\xc0\x91\xe3"))));
}

static struct span repeated(struct buf *out, struct span what)
{
    buf_clear(out);
    while (out->n < MANY_BYTES)
        buf_add(out, what);
    return buf_span(out);
}

/* Each of these used to take many minutes. */
static void headers_that_overlap_take_no_time(void **state)
{
    static const struct span summed[] = {
        SPAN("Rar!\x1a\7\1\0XXXX\xf0\xff\3"),
        SPAN("Rar!\x1a\7\0XX\x73YY\xf0\xffZ"),
        SPAN("XX\xf0\xf0\0XX**ACE**"),
    };
    struct buf file = {0};

    for (size_t i = 0; i < sizeof summed / sizeof summed[0]; i++)
        assert_int_equal(container_opening(container_within(repeated(&file, summed[i]), false)),
                         CONTAINER_CLOSED);
    assert_int_equal(container_within(repeated(&file, SPAN("070701")), false), CONTAINER_NONE);
    assert_int_equal(container_within(repeated(&file, SPAN("070707")), false), CONTAINER_NONE);
    buf_fini(&file);
}

static void a_few_wrong_checksums_are_no_archive(void **state)
{
    struct buf file = {0};

    buf_add(&file, SPAN("signatures: "));
    for (int n = 0; n < 20; n++)
        buf_add(&file, SPAN("Rar!\x1a\7\1\0XXXX\xf0\xff\3 **ACE** Rar!\x1a\7\0XX\x73YY\xf0\xffZ\r\n"));
    buf_add(&file, SPAN("the end"));
    assert_int_equal(container_within(buf_span(&file), false), CONTAINER_NONE);
    buf_fini(&file);
}

static struct span card_of(struct buf *card, struct span parameters, struct span value)
{
    buf_clear(card);
    buf_add(card, SPAN("BEGIN:VCARD\r\nPHOTO"));
    while (card->n < MANY_BYTES)
        buf_add(card, parameters);
    buf_add(card, value);
    return buf_span(card);
}

static void so_do_parameters_without_an_end(void **state)
{
    struct buf card = {0};
    const char *what;

    assert_int_equal(wrapped_content(card_of(&card, SPAN(";BASE64"), SPAN(":/9j/AAAA\r\n")), &what),
                     WRAPPED_NOT);
    assert_int_equal(wrapped_content(card_of(&card, SPAN(";BASE64"), SPAN(":TVqQAAMA\r\n")), &what),
                     WRAPPED_OPEN);
    assert_int_equal(
        wrapped_content(SPAN("BEGIN:VCARD\r\nPHOTO;ENCODING=b:/9j/AA\r\nKEY;ENCODING=b:TVqQ\r\n"), &what),
        WRAPPED_OPEN);
    buf_fini(&card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_a_file_is),
        cmocka_unit_test(finds_what_begins_after_other_data),
        cmocka_unit_test(a_magic_number_alone_is_none),
        cmocka_unit_test(random_bytes_hold_none),
        cmocka_unit_test(every_kind_has_a_name),
        cmocka_unit_test(knows_documents_with_a_password),
        cmocka_unit_test(and_those_without),
        cmocka_unit_test(headers_that_overlap_take_no_time),
        cmocka_unit_test(a_few_wrong_checksums_are_no_archive),
        cmocka_unit_test(so_do_parameters_without_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
