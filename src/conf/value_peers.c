#include "base/network.h"
#include "base/text.h"
#include "base/token.h"
#include "conf/value_list.h"

#include <stdlib.h>

enum { LABEL_MAX = 63, HOST_MAX = 253 };

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A label has letters, digits and hyphens, but neither begins nor ends with a hyphen (RFC 1123, 2.1). */
static bool is_label(struct span label)
{
    for (size_t i = 0; i < label.n; i++)
        if (!is_letter_or_digit(label.p[i]) && (label.p[i] != '-' || i == 0 || i == label.n - 1))
            return false;
    return label.n > 0 && label.n <= LABEL_MAX;
}

static struct span take_label(struct span *name)
{
    const char *dot = memchr(name->p, '.', name->n);
    struct span label = span_first(*name, dot ? (size_t)(dot - name->p) : name->n);

    *name = span_from(*name, dot ? label.n + 1 : label.n);
    return label;
}

/* A name whose last label is a number is refused, because it is probably a mistyped address. */
static bool is_host(struct span name)
{
    struct span last = {0};
    uint64_t number;

    if (name.n == 0 || name.n > HOST_MAX || name.p[name.n - 1] == '.')
        return false;
    while (name.n) {
        last = take_label(&name);
        if (!is_label(last))
            return false;
    }
    return !token_number(last, &number);
}

/* At least two labels must follow the "*.". Otherwise *.org would match everything below a top-level
 * domain. */
static bool is_pattern(struct span word)
{
    struct span name = span_from(word, 2);

    return span_starts_nocase(word, SPAN("*.")) && is_host(name) && memchr(name.p, '.', name.n);
}

bool value_set_peers(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    char **string = into;
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word);) {
        struct inet_network network = {0};

        if (!network_read(word, &network) && !is_host(word) && !is_pattern(word))
            return value_refuse(setting, word, error);
    }
    free(*string);
    *string = mem_copy_string(text);
    return true;
}
