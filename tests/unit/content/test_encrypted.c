#include "content/encrypted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define ARMOR "-----BEGIN PGP MESSAGE-----"
#define RAR4 "Rar!\x1a\x07\x00"
#define ARCHIVE_4 "\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0"
#define MEMBER_4(flags) "\0\0\x74" flags "\x80\x0c\0\3\0\0\0\0abc"
#define RAR5 "Rar!\x1a\x07\x01\x00"
#define MEMBER_5 "\0\0\0\0\4\2\2\3\0xyz"
#define LOCKED_5 "\0\0\0\0\7\2\3\3\3\2\1\0xyz"
#define END_5 "\0\0\0\0\3\5\0\0"

static const struct {
    struct span file;
    enum encrypted kind;
} files[] = {
#define FILE_(text, kind)  \
    {                      \
        SPAN(text), (kind) \
    }
    FILE_(ARMOR "\n\nhQEMA0\n", ENCRYPTED_PGP),
    FILE_("Hello,\r\n" ARMOR "\r\nVersion: 1\r\nComment: x\r\n\r\njA0ECQ\r\n", ENCRYPTED_PGP),
    FILE_(ARMOR "\nwcBMA0\n", ENCRYPTED_PGP),   /* no empty line */
    FILE_(ARMOR "\n\nowEBbA\n", ENCRYPTED_NOT), /* compressed */
    FILE_(ARMOR "\n\nkA0DAA\n", ENCRYPTED_NOT), /* signed */
    FILE_("> " ARMOR "\n\nhQEMA0\n", ENCRYPTED_NOT),
    FILE_(ARMOR "\n\nand so on\n", ENCRYPTED_NOT),
    FILE_(ARMOR, ENCRYPTED_NOT),
    FILE_("\x8c\x0d\4\x09\3\2abcdefgh\xff\xd2\x40x", ENCRYPTED_PGP),
    FILE_("\x85\0\x0c\3abcdefgh\1\0\x01\xc9\x40x", ENCRYPTED_PGP),
    FILE_("\x85\0\x0c\3abcdefgh\1\0\x01more", ENCRYPTED_NOT),
    FILE_("\xd2\x40xyz", ENCRYPTED_NOT), /* encrypted data without a session key is no evidence */
    FILE_(RAR4 ARCHIVE_4 MEMBER_4("\4"), ENCRYPTED_RAR),
    FILE_(RAR4 ARCHIVE_4 MEMBER_4("\0"), ENCRYPTED_NOT),
    FILE_(RAR4 ARCHIVE_4 MEMBER_4("\4") MEMBER_4("\0") MEMBER_4("\4"), ENCRYPTED_NOT),
    FILE_(RAR4 "\xcf\x90\x73\x80\0\x0d\0\0\0\0\0\0\0 and ciphertext", ENCRYPTED_RAR),
    FILE_(RAR4 ARCHIVE_4, ENCRYPTED_NOT),
    FILE_(RAR5 "\0\0\0\0\3\4\0\0", ENCRYPTED_RAR),
    FILE_(RAR5 LOCKED_5 END_5, ENCRYPTED_RAR),
    FILE_(RAR5 LOCKED_5 MEMBER_5 END_5, ENCRYPTED_NOT),
    FILE_(RAR5 MEMBER_5 LOCKED_5 END_5, ENCRYPTED_NOT),
    FILE_(RAR5, ENCRYPTED_NOT),
    FILE_("", ENCRYPTED_NOT),
#undef FILE_
};

/* In memory of exactly that size, so that a sanitizer sees an access beyond it. */
static enum encrypted kind_of(struct span file)
{
    char *copy = malloc(file.n + !file.n);
    enum encrypted kind;

    memcpy(copy, file.p, file.n);
    kind = encrypted_of((struct span){copy, file.n});
    free(copy);
    return kind;
}

static void kinds_are_recognised(void **state)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (kind_of(files[i].file) != files[i].kind)
            fail_msg("file %zu: %s", i, encrypted_name(kind_of(files[i].file)));
}

static void cut_files_are_read_within_their_bounds(void **state)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        for (size_t n = 0; n < files[i].file.n; n++)
            kind_of(span_first(files[i].file, n));
}

/* Each key or line of armor is read once. */
static void many_keys_are_no_loop(void **state)
{
    enum { OCTETS = 1 << 20 };
    char *file = calloc(1, OCTETS);

    for (size_t i = 0; i + 28 < OCTETS; i += 28)
        memcpy(file + i, ARMOR "\n", 28);
    assert_int_equal(encrypted_of((struct span){file, OCTETS}), ENCRYPTED_NOT);
    for (size_t i = 0; i + 7 < OCTETS; i += 6)
        memcpy(file + i, "\x8c\4\4\x09\3\2", 6);
    assert_int_equal(encrypted_of((struct span){file, OCTETS}), ENCRYPTED_PGP);
    free(file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_recognised),
        cmocka_unit_test(cut_files_are_read_within_their_bounds),
        cmocka_unit_test(many_keys_are_no_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
