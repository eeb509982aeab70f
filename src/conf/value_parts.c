/* Functions that single values and lists share. */
#include "conf/value.h"

#include "base/token.h"
#include "conf/value_list.h"

bool value_is_in_range(const struct setting *setting, uint64_t number)
{
    return number >= setting->min && number <= setting->max;
}

bool value_set_number(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    uint64_t number;

    if (!token_number(text, &number) || !value_is_in_range(setting, number))
        return value_refuse(setting, text, error);
    *(unsigned *)into = (unsigned)number;
    return true;
}

bool value_read_mark(struct span text, uint64_t *number)
{
    return span_starts_nocase(text, SPAN("0x")) ? token_hex_number(span_from(text, 2), number)
                                                : token_number(text, number);
}

/* Allows the characters of common user and file names, but no name that leads out of a directory. */
bool value_is_name(struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
              (i > 0 && (c == '-' || c == '.'))))
            return false;
    }
    return text.n > 0 && text.n <= CONF_NAME_MAX;
}

const struct choice *value_find_choice(const struct setting *setting, struct span word)
{
    for (const struct choice *choice = setting->choices; choice->word; choice++)
        if (span_eq(word, span_of(choice->word)))
            return choice;
    return NULL;
}

const char *value_word(const struct setting *setting, unsigned value)
{
    const struct choice *choice = setting->choices;

    while (choice->word && choice->value != value)
        choice++;
    return choice->word;
}
