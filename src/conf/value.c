#include "conf/value.h"

#include "conf/token.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>

struct unit {
    const char *name;
    uint64_t size;
};

/* The largest first: printing takes the first that divides. */
static const struct unit byte_units[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}};
static const struct unit time_units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
enum { UNITS = 4 };

static void *field(const struct setting *setting, struct conf *conf)
{
    return (char *)conf + setting->offset;
}

static const void *field_of(const struct setting *setting, const struct conf *conf)
{
    return (const char *)conf + setting->offset;
}

static bool wanted(struct buf *error, const char *what, struct span text)
{
    buf_add_format(error, "%s is wanted here, not ", what);
    token_add_quoted(error, text);
    return false;
}

static bool set_flag(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    if (!span_eq(text, SPAN("yes")) && !span_eq(text, SPAN("no")))
        return wanted(error, "yes or no", text);
    *(bool *)into = span_eq(text, SPAN("yes"));
    return true;
}

static void print_flag(const struct setting *setting, const void *from, struct buf *out)
{
    buf_add(out, *(const bool *)from ? SPAN("yes") : SPAN("no"));
}

static bool in_range(const struct setting *setting, uint64_t number)
{
    return number >= setting->least && number <= setting->most;
}

static bool set_number(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    uint64_t number;

    if (!token_number(text, &number) || !in_range(setting, number)) {
        buf_add_format(error, "a number from %" PRIu64 " to %" PRIu64 "%s", setting->least, setting->most,
                       setting->type == SETTING_AUTO ? ", or auto," : "");
        return wanted(error, "", text);
    }
    *(unsigned *)into = (unsigned)number;
    return true;
}

static void print_number(const struct setting *setting, const void *from, struct buf *out)
{
    buf_add_format(out, "%u", *(const unsigned *)from);
}

static bool set_auto(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    if (!span_eq(text, SPAN("auto")))
        return set_number(setting, into, text, error);
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

static void add_in_units(struct buf *out, const struct unit *units, uint64_t number)
{
    size_t i = 0;

    while (number % units[i].size || (number == 0 && i + 1 < UNITS))
        i++;
    buf_add_format(out, "%" PRIu64 "%s", number / units[i].size, units[i].name);
}

/* A number with a unit of the table behind it, one blank between them allowed. */
static bool read_in_units(struct span text, const struct unit *units, uint64_t *value)
{
    size_t digits = 0;
    struct span name;

    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
        digits++;
    name = token_trim(span_from(text, digits));
    if (!token_number(span_first(text, digits), value))
        return false;
    for (size_t i = 0; i < UNITS; i++)
        if (span_eq(name, span_of(units[i].name)))
            return !__builtin_mul_overflow(*value, units[i].size, value);
    return false;
}

static bool set_in_units(const struct setting *setting, void *into, struct span text, const struct unit *units,
                         const char *what, struct buf *error)
{
    uint64_t value;

    if (read_in_units(text, units, &value) && in_range(setting, value)) {
        *(uint64_t *)into = value;
        return true;
    }
    buf_add_format(error, "a %s from ", what);
    add_in_units(error, units, setting->least);
    buf_add(error, SPAN(" to "));
    add_in_units(error, units, setting->most);
    return wanted(error, "", text);
}

static bool set_bytes(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return set_in_units(setting, into, text, byte_units, "size (bytes, or with K, M, G)", error);
}

static void print_bytes(const struct setting *setting, const void *from, struct buf *out)
{
    add_in_units(out, byte_units, *(const uint64_t *)from);
}

static bool set_time(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return set_in_units(setting, into, text, time_units, "duration (with ms, s, m or h)", error);
}

static void print_time(const struct setting *setting, const void *from, struct buf *out)
{
    add_in_units(out, time_units, *(const uint64_t *)from);
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
    return text.n ? set_text(setting, into, text, error) : wanted(error, "a regular expression", text);
}

static bool is_path(struct span text)
{
    return text.n > 0 && text.n < CONF_PATH_MAX && text.p[0] == '/';
}

static bool set_path(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return is_path(text) ? set_text(setting, into, text, error) : wanted(error, "an absolute path", text);
}

static bool set_path_or_none(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return text.n ? set_path(setting, into, text, error) : set_text(setting, into, text, error);
}

static bool set_command(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    bool quoted = text.n && (text.p[0] == '"' || text.p[0] == '\'');

    if (!text.n || span_from(text, quoted).n == 0 || span_from(text, quoted).p[0] != '/')
        return wanted(error, "the absolute path of a program, with its arguments,", text);
    return set_text(setting, into, text, error);
}

/* What may stand in a user's name and in a file's: nothing that leads out of a directory. */
static bool is_name(struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
              (i > 0 && (c == '-' || c == '.'))))
            return false;
    }
    return text.n > 0 && text.n <= 64;
}

static bool set_name(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return is_name(text) ? set_text(setting, into, text, error) :
                           wanted(error, "a name (letters, digits, - _ .)", text);
}

static bool set_name_or_none(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    return text.n ? set_name(setting, into, text, error) : set_text(setting, into, text, error);
}

static const struct choice *find_choice(const struct setting *setting, struct span word)
{
    for (const struct choice *choice = setting->choices; choice->word; choice++)
        if (span_eq(word, span_of(choice->word)))
            return choice;
    return NULL;
}

static bool wanted_choice(const struct setting *setting, struct span text, struct buf *error)
{
    for (const struct choice *choice = setting->choices; choice->word; choice++)
        buf_add_format(error, "%s%s", choice == setting->choices ? "" : choice[1].word ? ", " : " or ",
                       choice->word);
    return wanted(error, "", text);
}

static bool set_choice(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    const struct choice *choice = find_choice(setting, text);

    if (!choice)
        return wanted_choice(setting, text, error);
    *(unsigned *)into = choice->value;
    return true;
}

const char *value_word(const struct setting *setting, unsigned value)
{
    const struct choice *choice = setting->choices;

    while (choice->word && choice->value != value)
        choice++;
    return choice->word;
}

static void print_choice(const struct setting *setting, const void *from, struct buf *out)
{
    buf_add(out, span_of(value_word(setting, *(const unsigned *)from)));
}

static bool too_many(struct buf *error, uint64_t most)
{
    buf_add_format(error, "at most %" PRIu64 " may stand here", most);
    return false;
}

static bool twice(struct buf *error, struct span word)
{
    token_add_quoted(error, word);
    buf_add(error, SPAN(" stands here twice"));
    return false;
}

static bool set_engines(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct conf_engines engines = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word);) {
        const struct choice *choice = find_choice(setting, word);

        if (!choice)
            return wanted_choice(setting, word, error);
        for (size_t i = 0; i < engines.n; i++)
            if (engines.at[i] == choice->value)
                return twice(error, word);
        engines.at[engines.n++] = choice->value;
    }
    if (!engines.n)
        return wanted_choice(setting, text, error);
    *(struct conf_engines *)into = engines;
    return true;
}

static void print_engines(const struct setting *setting, const void *from, struct buf *out)
{
    const struct conf_engines *engines = from;

    for (size_t i = 0; i < engines->n; i++)
        buf_add_format(out, "%s%s", i ? " " : "", value_word(setting, engines->at[i]));
}

static bool set_numbers(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct conf_numbers numbers = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word); numbers.n++) {
        if (numbers.n == CONF_LIST_MAX)
            return too_many(error, CONF_LIST_MAX);
        if (!set_number(setting, &numbers.at[numbers.n], word, error))
            return false;
        for (size_t i = 0; i < numbers.n; i++)
            if (numbers.at[i] == numbers.at[numbers.n])
                return twice(error, word);
    }
    if (!numbers.n)
        return set_number(setting, NULL, text, error);
    *(struct conf_numbers *)into = numbers;
    return true;
}

static void print_numbers(const struct setting *setting, const void *from, struct buf *out)
{
    const struct conf_numbers *numbers = from;

    for (size_t i = 0; i < numbers->n; i++)
        buf_add_format(out, "%s%u", i ? " " : "", numbers->at[i]);
}

static bool set_ports(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct conf_numbers numbers;
    struct conf_ports *ports = into;

    if (!set_numbers(setting, &numbers, text, error))
        return false;
    ports->n = numbers.n;
    for (size_t i = 0; i < numbers.n; i++)
        ports->at[i] = (uint16_t)numbers.at[i];
    return true;
}

static void print_ports(const struct setting *setting, const void *from, struct buf *out)
{
    const struct conf_ports *ports = from;

    for (size_t i = 0; i < ports->n; i++)
        buf_add_format(out, "%s%u", i ? " " : "", ports->at[i]);
}

/* The address is what stands before the last colon, an IPv6 one in brackets. */
static bool read_address(struct span word, union conf_address *address)
{
    const char *colon = memrchr(word.p, ':', word.n);
    size_t n = colon ? (size_t)(colon - word.p) : 0;
    char text[INET6_ADDRSTRLEN];
    uint64_t port;

    *address = (union conf_address){0};
    if (n == 0 || n > sizeof text + 1 || !token_number(span_from(word, n + 1), &port) || port == 0 || port > 65535)
        return false;
    if (word.p[0] == '[' && word.p[n - 1] == ']' && n - 2 < sizeof text) {
        memcpy(text, word.p + 1, n - 2);
        text[n - 2] = '\0';
        address->in6.sin6_family = AF_INET6;
        address->in6.sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, text, &address->in6.sin6_addr) == 1;
    }
    if (n >= sizeof text)
        return false;
    memcpy(text, word.p, n);
    text[n] = '\0';
    address->in.sin_family = AF_INET;
    address->in.sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, text, &address->in.sin_addr) == 1;
}

static bool set_addresses(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct conf_addresses addresses = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word); addresses.n++) {
        union conf_address address;

        if (!read_address(word, &address))
            return wanted(error, "a numeric address with its port, 192.0.2.1:110 or [2001:db8::1]:110,", word);
        if (addresses.n == setting->most)
            return too_many(error, setting->most);
        for (size_t i = 0; i < addresses.n; i++)
            if (memcmp(&addresses.at[i], &address, sizeof address) == 0)
                return twice(error, word);
        addresses.at[addresses.n] = address;
    }
    if (addresses.n < setting->least)
        return wanted(error, "an address with its port", text);
    *(struct conf_addresses *)into = addresses;
    return true;
}

static void print_addresses(const struct setting *setting, const void *from, struct buf *out)
{
    const struct conf_addresses *addresses = from;
    char text[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < addresses->n; i++) {
        const union conf_address *at = &addresses->at[i];

        if (at->any.sa_family == AF_INET6)
            buf_add_format(out, "%s[%s]:%u", i ? " " : "",
                           inet_ntop(AF_INET6, &at->in6.sin6_addr, text, sizeof text), ntohs(at->in6.sin6_port));
        else
            buf_add_format(out, "%s%s:%u", i ? " " : "",
                           inet_ntop(AF_INET, &at->in.sin_addr, text, sizeof text), ntohs(at->in.sin_port));
    }
}

struct type_functions {
    bool (*set)(const struct setting *setting, void *into, struct span text, struct buf *error);
    void (*print)(const struct setting *setting, const void *from, struct buf *out);
};

static const struct type_functions types[] = {
    [SETTING_FLAG] = {set_flag, print_flag},
    [SETTING_NUMBER] = {set_number, print_number},
    [SETTING_AUTO] = {set_auto, print_auto},
    [SETTING_BYTES] = {set_bytes, print_bytes},
    [SETTING_TIME] = {set_time, print_time},
    [SETTING_TEXT] = {set_text, print_text},
    [SETTING_COMMAND] = {set_command, print_text},
    [SETTING_REGEX] = {set_regex, print_text},
    [SETTING_NAME] = {set_name, print_text},
    [SETTING_NAME_OR_NONE] = {set_name_or_none, print_text},
    [SETTING_PATH] = {set_path, print_text},
    [SETTING_PATH_OR_NONE] = {set_path_or_none, print_text},
    [SETTING_CHOICE] = {set_choice, print_choice},
    [SETTING_ADDRESSES] = {set_addresses, print_addresses},
    [SETTING_PORTS] = {set_ports, print_ports},
    [SETTING_NUMBERS] = {set_numbers, print_numbers},
    [SETTING_ENGINES] = {set_engines, print_engines},
};

bool value_set(const struct setting *setting, struct conf *conf, struct span text, struct buf *error)
{
    return types[setting->type].set(setting, field(setting, conf), text, error);
}

void value_print(const struct setting *setting, const struct conf *conf, struct buf *out)
{
    types[setting->type].print(setting, field_of(setting, conf), out);
}

bool value_is_initial(const struct setting *setting, const struct conf *conf)
{
    struct buf text = {0};
    bool is;

    value_print(setting, conf, &text);
    is = span_eq(buf_span(&text), span_of(setting->initial));
    buf_fini(&text);
    return is;
}
