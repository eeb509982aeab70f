#include "conf/value.h"

#include "base/token.h"
#include "base/units.h"
#include "conf/value_list.h"
#include "base/shell_line.h"
#include "base/words.h"

#include <inttypes.h>
#include <stdlib.h>

static void *field(const struct setting *setting, struct conf *conf)
{
    return (char *)conf + setting->offset;
}

static const void *field_of(const struct setting *setting, const struct conf *conf)
{
    return (const char *)conf + setting->offset;
}

static bool set_flag(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    if (!span_eq(text, SPAN("yes")) && !span_eq(text, SPAN("no")))
        return value_refuse(setting, text, error);
    *(bool *)into = span_eq(text, SPAN("yes"));
    return true;
}

static void print_flag(const struct setting *setting, const void *from, struct buf *out)
{
    buf_add(out, *(const bool *)from ? SPAN("yes") : SPAN("no"));
}

static void print_number(const struct setting *setting, const void *from, struct buf *out)
{
    buf_add_format(out, "%u", *(const unsigned *)from);
}

static bool set_auto(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    if (!span_eq(text, SPAN("auto")))
        return value_set_number(setting, into, text, error);
    *(unsigned *)into = 0;
    return true;
}

static void print_auto(const struct setting *setting, const void *from, struct buf *out)
{
    if (*(const unsigned *)from == 0)
        buf_add(out, SPAN("auto"));
    else
        print_number(setting, from, out);
}

static bool set_mark(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    uint64_t number = 0;

    if (!span_eq(text, SPAN("none")) &&
        (!value_read_mark(text, &number) || !value_is_in_range(setting, number)))
        return value_refuse(setting, text, error);
    *(unsigned *)into = (unsigned)number;
    return true;
}

static void print_mark(const struct setting *setting, const void *from, struct buf *out)
{
    unsigned mark = *(const unsigned *)from;

    if (mark)
        buf_add_format(out, "%#x", mark);
    else
        buf_add(out, SPAN("none"));
}

static bool set_in_units(const struct setting *setting, void *into, struct span text,
                         const struct unit *units, struct buf *error)
{
    uint64_t value;

    if (!units_read(units, text, &value) || !value_is_in_range(setting, value))
        return value_refuse(setting, text, error);
    *(uint64_t *)into = value;
    return true;
}

static bool set_bytes(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return set_in_units(setting, into, text, units_bytes, error);
}

static void print_bytes(const struct setting *setting, const void *from, struct buf *out)
{
    units_print(units_bytes, out, *(const uint64_t *)from);
}

static bool set_time(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return set_in_units(setting, into, text, units_time, error);
}

static void print_time(const struct setting *setting, const void *from, struct buf *out)
{
    units_print(units_time, out, *(const uint64_t *)from);
}

static bool set_text(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    char **string = into;

    free(*string);
    *string = mem_copy_string(text);
    return true;
}

static void print_text(const struct setting *setting, const void *from, struct buf *out)
{
    buf_add(out, span_of(*(char *const *)from));
}

static bool set_regex(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return text.n ? set_text(setting, into, text, error) : value_refuse(setting, text, error);
}

static bool is_path(struct span text)
{
    return text.n > 0 && text.n < CONF_PATH_MAX && text.p[0] == '/';
}

static bool set_path(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return is_path(text) ? set_text(setting, into, text, error) : value_refuse(setting, text, error);
}

static bool set_path_or_none(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return text.n ? set_path(setting, into, text, error) : set_text(setting, into, text, error);
}

static bool set_self_test(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    bool is_word = span_eq(text, SPAN("eicar")) || span_eq(text, SPAN("none"));

    return is_word ? set_text(setting, into, text, error) : set_path(setting, into, text, error);
}

static bool needs_shell(struct span text, struct buf *error)
{
    struct span part = shell_line_find(text);

    if (!part.n)
        return false;
    buf_add_format(error, "no shell runs this line, and the program would get %.*s as an argument; write ",
                   (int)part.n, part.p);
    shell_line_add_wrapped(error, text);
    return true;
}

static bool set_command(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct words words;
    const char *wrong = words_init(&words, text);
    bool is_absolute = !wrong && words.at[0][0] == '/';

    words_fini(&words);
    if (wrong)
        buf_add(error, span_of(wrong));
    else if (!is_absolute)
        value_refuse(setting, text, error);
    return is_absolute && !needs_shell(text, error) && set_text(setting, into, text, error);
}

static bool set_name(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return value_is_name(text) ? set_text(setting, into, text, error) : value_refuse(setting, text, error);
}

static bool set_name_or_none(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return text.n ? set_name(setting, into, text, error) : set_text(setting, into, text, error);
}

static bool set_choice(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    const struct choice *choice = value_find_choice(setting, text);

    if (!choice)
        return value_refuse(setting, text, error);
    *(unsigned *)into = choice->value;
    return true;
}

static void print_choice(const struct setting *setting, const void *from, struct buf *out)
{
    buf_add(out, span_of(value_word(setting, *(const unsigned *)from)));
}

struct type_functions {
    bool (*set)(const struct setting *setting, void *into, struct span text, struct buf *error);
    void (*print)(const struct setting *setting, const void *from, struct buf *out);
};

static const struct type_functions types[] = {
    [SETTING_FLAG] = {set_flag, print_flag},
    [SETTING_NUMBER] = {value_set_number, print_number},
    [SETTING_AUTO] = {set_auto, print_auto},
    [SETTING_MARK] = {set_mark, print_mark},
    [SETTING_BYTES] = {set_bytes, print_bytes},
    [SETTING_TIME] = {set_time, print_time},
    [SETTING_TEXT] = {set_text, print_text},
    [SETTING_COMMAND] = {set_command, print_text},
    [SETTING_REGEX] = {set_regex, print_text},
    [SETTING_NAME] = {set_name, print_text},
    [SETTING_NAME_OR_NONE] = {set_name_or_none, print_text},
    [SETTING_PATH] = {set_path, print_text},
    [SETTING_PATH_OR_NONE] = {set_path_or_none, print_text},
    [SETTING_SELF_TEST] = {set_self_test, print_text},
    [SETTING_PEERS] = {value_set_peers, print_text},
    [SETTING_CHOICE] = {set_choice, print_choice},
    [SETTING_ADDRESSES] = {value_set_addresses, value_print_addresses},
    [SETTING_SOCKETS] = {value_set_sockets, value_print_sockets},
    [SETTING_PORTS] = {value_set_ports, value_print_ports},
    [SETTING_PORTS_OR_NONE] = {value_set_ports_or_none, value_print_ports},
    [SETTING_NUMBERS] = {value_set_numbers, value_print_numbers},
    [SETTING_ENGINES] = {value_set_engines, value_print_engines},
    [SETTING_LANGUAGES] = {value_set_languages, value_print_languages},
    [SETTING_WORDS] = {value_set_words, value_print_words},
    [SETTING_INTERFACES] = {value_set_interfaces, value_print_interfaces},
    [SETTING_NETWORKS] = {value_set_networks, value_print_networks},
    [SETTING_HOSTS] = {value_set_hosts, value_print_hosts},
    [SETTING_MASKED] = {value_set_masked, value_print_masked},
};

bool value_set(const struct setting *setting, struct conf *conf, struct span text, struct buf *error)
{
    return types[setting->type].set(setting, field(setting, conf), text, error);
}

void value_print(const struct setting *setting, const struct conf *conf, struct buf *out)
{
    types[setting->type].print(setting, field_of(setting, conf), out);
}

bool value_is_default(const struct setting *setting, const struct conf *conf)
{
    struct buf text = {0};
    bool is_default;

    value_print(setting, conf, &text);
    is_default = span_eq(buf_span(&text), span_of(setting->default_value));
    buf_fini(&text);
    return is_default;
}
