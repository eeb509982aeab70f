/* mime_parts: what mail/mime_parts, mail/mime_hidden and mail/mime_plain say about messages in files.
 *
 *     mime_parts [-w DIRECTORY] MESSAGE...
 *
 * Prints for each message its path, "hidden=0|1" and "plain=0|1", for each part " SHA-256 OCTETS HOW", and "
 * result=NUMBER". With -w each part is written to DIRECTORY/I.N, for the N-th part of the I-th message (both
 * from 0). The limits are wide: they are no part of what is asked. */
#include "mail/mime_hidden.h"
#include "mail/mime_parts.h"
#include "mail/mime_plain.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct printer {
    const char *directory; /* or NULL */
    int message, part;
};

static struct span read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *octets = NULL;
    size_t n = 0, got = 1;

    if (!file) {
        perror(path);
        exit(1);
    }
    while (got) {
        octets = realloc(octets, n + 65536);
        got = octets ? fread(octets + n, 1, 65536, file) : 0;
        n += got;
    }
    fclose(file);
    /* Exactly that many octets, so that a sanitizer sees a read behind them. */
    octets = realloc(octets, n + !n);
    return (struct span){octets, n};
}

static void write_part(const struct printer *printer, struct span content)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%d.%d", printer->directory, printer->message, printer->part);
    file = fopen(path, "wb");
    if (!file || fwrite(content.p, 1, content.n, file) != content.n || fclose(file)) {
        perror(path);
        exit(1);
    }
}

static bool print_part(void *context, const struct mime_part *part)
{
    struct printer *printer = context;
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)part->content.p, part->content.n, digest);
    putchar(' ');
    for (size_t i = 0; i < sizeof digest; i++)
        printf("%02x", digest[i]);
    printf(" %zu %s\n", part->content.n, part->how);
    if (printer->directory)
        write_part(printer, part->content);
    printer->part++;
    return true;
}

static void print_message(struct printer *printer, const char *path)
{
    const struct mime_parts_limits limits = {1u << 30, 1u << 20, 16};
    struct span message = read_file(path);

    printf("%s hidden=%d plain=%d\n", path, mime_hidden_in(message), mime_is_plain(message));
    printer->part = 0;
    printf(" result=%d\n", (int)mime_parts(message, &limits, print_part, printer));
    free((void *)message.p);
}

int main(int argc, char **argv)
{
    struct printer printer = {0};
    int i = 1;

    if (argc > 2 && strcmp(argv[1], "-w") == 0) {
        printer.directory = argv[2];
        i = 3;
    }
    for (; i < argc; i++, printer.message++)
        print_message(&printer, argv[i]);
    return 0;
}
