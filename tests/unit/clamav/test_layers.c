#include "clamav/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

enum { LIMIT = 1000000 };

static struct layers layers;

static void begin(void)
{
    layers_init(&layers, MESSAGE_MAIL, LIMIT);
    layers_inspect(&layers, &(struct part){0, "CL_TYPE_MAIL", 5000, false, {0}});
}

static void part(unsigned level, const char *type, uint64_t size)
{
    layers_inspect(&layers, &(struct part){level, type, size, true, {0}});
}

/* libclamav reports each member of a zip twice: from the directory and from its local header. */
static void listed(unsigned number, uint64_t size, bool is_encrypted)
{
    layers_announce(&layers, &(struct member){"CL_TYPE_ZIP", number, size, size, is_encrypted});
    layers_announce(&layers, &(struct member){"CL_TYPE_ZIP", number, 0, 0, is_encrypted});
}

static void announced(const char *container, uint64_t size)
{
    layers_announce(&layers, &(struct member){container, 0, size, size, false});
}

static enum unscannable end(void)
{
    layers_end(&layers);
    return layers.worst;
}

static void accepts_a_mail_with_parts(void **state)
{
    begin();
    part(1, "CL_TYPE_TEXT_ASCII", 10);
    part(1, "CL_TYPE_ZIP", 300);
    listed(1, 20, false);
    listed(2, 0, false);
    listed(3, LAYERS_TINY, false);
    listed(4, 40, false);
    part(2, "CL_TYPE_ZIP", 20);
    listed(1, 10, false);
    part(3, "CL_TYPE_TEXT_ASCII", 10);
    part(2, "CL_TYPE_TEXT_ASCII", 40);
    part(1, "CL_TYPE_TEXT_ASCII", 10);
    assert_int_equal(end(), UNSCANNABLE_NONE);
}

static void objects_to_a_message_that_is_not_taken_for_mail(void **state)
{
    layers_init(&layers, MESSAGE_MAIL, LIMIT);
    layers_inspect(&layers, &(struct part){0, "CL_TYPE_GRAPHICS", 5000, false, {0}});
    assert_int_equal(end(), UNSCANNABLE_MALFORMED);
    layers_init(&layers, MESSAGE_MAIL, LIMIT);
    layers_inspect(&layers, &(struct part){0, NULL, 5000, false, {0}});
    assert_int_equal(end(), UNSCANNABLE_MALFORMED);
    layers_init(&layers, MESSAGE_MAIL, LIMIT);
    assert_int_equal(end(), UNSCANNABLE_MALFORMED);
    layers_init(&layers, MESSAGE_MAIL, LIMIT);
    layers_inspect(&layers, &(struct part){0, "CL_TYPE_MHTML", 5000, false, {0}});
    assert_int_equal(end(), UNSCANNABLE_NONE);
}

static void objects_to_a_part_as_long_as_the_limit(void **state)
{
    begin();
    part(1, "CL_TYPE_BINARY_DATA", LIMIT);
    assert_int_equal(end(), UNSCANNABLE_LIMITS);
    begin();
    part(1, "CL_TYPE_BINARY_DATA", LIMIT - 1);
    assert_int_equal(end(), UNSCANNABLE_NONE);
}

static void objects_to_rar(void **state)
{
    begin();
    part(1, "CL_TYPE_ZIP", 300);
    listed(1, 20, false);
    part(2, "CL_TYPE_RAR", 20);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
}

static void objects_to_a_zip_without_members(void **state)
{
    begin();
    part(1, "CL_TYPE_ZIP", 300);
    part(1, "CL_TYPE_TEXT_ASCII", 10);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
}

static void objects_to_a_listed_member_that_was_not_inspected(void **state)
{
    begin();
    part(1, "CL_TYPE_ZIP", 300);
    listed(1, 20, false);
    listed(2, 0xffffffff, false);
    part(2, "CL_TYPE_ZIP", 20);
    listed(1, 10, false);
    part(3, "CL_TYPE_TEXT_ASCII", 10);
    part(1, "CL_TYPE_TEXT_ASCII", 10);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
}

static void does_not_count_parts_that_no_directory_named(void **state)
{
    begin();
    part(1, "CL_TYPE_ZIP", 300);
    listed(1, 20, false);
    listed(2, 20, false);
    part(2, "CL_TYPE_MSEXE", 20);
    layers_inspect(&layers, &(struct part){2, "CL_TYPE_MSEXE", 10, false, {0}});
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
}

static void leaves_encrypted_members_to_their_alert(void **state)
{
    begin();
    part(1, "CL_TYPE_ZIP", 300);
    listed(1, 20, true);
    assert_int_equal(end(), UNSCANNABLE_NONE);
}

static void notes_encrypted_members_that_raise_no_alert(void **state)
{
    const struct member secret = {"CL_TYPE_ZIP", 0, 20, 20, true};

    begin();
    part(1, "CL_TYPE_BINARY_DATA", 300);
    layers_announce(&layers, &secret);
    assert_int_equal(end(), UNSCANNABLE_ENCRYPTED);
    begin();
    part(1, "CL_TYPE_BINARY_DATA", 300);
    layers_announce(&layers, &secret);
    part(1, "CL_TYPE_RAR", 300);
    layers_announce(&layers, &secret);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
}

static void expects_a_member_announced_by_itself_next(void **state)
{
    begin();
    part(1, "CL_TYPE_7Z", 300);
    announced("CL_TYPE_7Z", 20);
    part(2, "CL_TYPE_TEXT_ASCII", 20);
    announced("CL_TYPE_7Z", 20);
    part(2, "CL_TYPE_TEXT_ASCII", 20);
    assert_int_equal(end(), UNSCANNABLE_NONE);

    begin();
    part(1, "CL_TYPE_7Z", 300);
    announced("CL_TYPE_7Z", 20);
    announced("CL_TYPE_7Z", 20);
    part(2, "CL_TYPE_TEXT_ASCII", 20);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);

    begin();
    part(1, "CL_TYPE_7Z", 300);
    announced("CL_TYPE_7Z", 20);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
}

static void does_not_take_the_next_part_of_the_mail_for_the_member(void **state)
{
    begin();
    part(1, "CL_TYPE_BINARY_DATA", 300);
    announced("CL_TYPE_ZIP", 20);
    announced("CL_TYPE_MAIL", 10);
    part(1, "CL_TYPE_TEXT_ASCII", 10);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
}

static void lets_no_expected_member_stand_for_a_listed_one(void **state)
{
    begin();
    part(1, "CL_TYPE_ZIP", 300);
    listed(1, 20, false);
    listed(2, 20, false);
    part(2, "CL_TYPE_BINARY_DATA", 20);
    announced("CL_TYPE_ZIP", 20);
    part(2, "CL_TYPE_TEXT_ASCII", 20);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
}

static void ignores_a_member_that_fits_nowhere(void **state)
{
    begin();
    part(1, "CL_TYPE_ELF", 4000);
    announced("CL_TYPE_ZIP", 5001);
    part(1, "CL_TYPE_TEXT_ASCII", 10);
    assert_int_equal(end(), UNSCANNABLE_NONE);
    begin();
    part(1, "CL_TYPE_ELF", 4000);
    announced("CL_TYPE_ZIP", 4000);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
    begin();
    part(1, "CL_TYPE_ELF", 4000);
    announced("CL_TYPE_ZIP", UINT32_MAX);
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
}

static void of(struct span bytes, const char *type)
{
    layers_init(&layers, MESSAGE_FILE, LIMIT);
    layers_inspect(&layers, &(struct part){0, type, bytes.n, false, bytes});
}

static void takes_a_file_for_whatever_it_is(void **state)
{
    of(SPAN("Subject: of a text file\r\n\r\n"), "CL_TYPE_MAIL");
    assert_int_equal(end(), UNSCANNABLE_NONE);
    of(SPAN("GIF89a"), "CL_TYPE_GRAPHICS");
    assert_int_equal(end(), UNSCANNABLE_NONE);
    of(SPAN(""), NULL);
    assert_int_equal(end(), UNSCANNABLE_NONE);
    layers_init(&layers, MESSAGE_FILE, LIMIT); /* nothing was shown of it */
    assert_int_equal(end(), UNSCANNABLE_MALFORMED);
}

/* As a part of a mail would be. */
static void looks_for_archives_in_the_file_itself(void **state)
{
    const struct span bytes = SPAN("\x28\xb5\x2f\xfd\x20\5\x29\0\0hello"); /* zstd */

    of(bytes, "CL_TYPE_BINARY_DATA");
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
    layers_init(&layers, MESSAGE_MAIL, LIMIT);
    layers_inspect(&layers, &(struct part){0, "CL_TYPE_MAIL", bytes.n, false, bytes});
    assert_int_equal(end(), UNSCANNABLE_NONE);
    of(SPAN("Rar!"), "CL_TYPE_RAR");
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
    of(SPAN("PK"), "CL_TYPE_ZIP"); /* with nothing in it */
    assert_int_equal(end(), UNSCANNABLE_UNSUPPORTED);
    of(SPAN("PK"), "CL_TYPE_ZIP");
    listed(1, 20, false);
    part(1, "CL_TYPE_TEXT_ASCII", 20);
    assert_int_equal(end(), UNSCANNABLE_NONE);
}

static void survives_any_depth(void **state)
{
    begin();
    for (unsigned i = 1; i < 2 * LAYERS_DEPTH_MAX; i++)
        part(i, "CL_TYPE_BINARY_DATA", 20);
    assert_int_equal(end(), UNSCANNABLE_LIMITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_mail_with_parts),
        cmocka_unit_test(objects_to_a_message_that_is_not_taken_for_mail),
        cmocka_unit_test(objects_to_a_part_as_long_as_the_limit),
        cmocka_unit_test(objects_to_rar),
        cmocka_unit_test(objects_to_a_zip_without_members),
        cmocka_unit_test(objects_to_a_listed_member_that_was_not_inspected),
        cmocka_unit_test(does_not_count_parts_that_no_directory_named),
        cmocka_unit_test(leaves_encrypted_members_to_their_alert),
        cmocka_unit_test(notes_encrypted_members_that_raise_no_alert),
        cmocka_unit_test(expects_a_member_announced_by_itself_next),
        cmocka_unit_test(does_not_take_the_next_part_of_the_mail_for_the_member),
        cmocka_unit_test(lets_no_expected_member_stand_for_a_listed_one),
        cmocka_unit_test(ignores_a_member_that_fits_nowhere),
        cmocka_unit_test(takes_a_file_for_whatever_it_is),
        cmocka_unit_test(looks_for_archives_in_the_file_itself),
        cmocka_unit_test(survives_any_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
