#include "conf/value_list.h"

#include "base/network.h"
#include "base/token.h"
#include "conf/value.h"

#include <arpa/inet.h>
#include <inttypes.h>

bool value_too_many(struct buf *error, uint64_t max)
{
    buf_add_format(error, "at most %" PRIu64 " value%s", max, max == 1 ? "" : "s");
    return false;
}

bool value_duplicate(struct buf *error, struct span word)
{
    buf_add(error, SPAN("duplicate value "));
    token_add_quoted(error, word);
    return false;
}

bool value_set_engines(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct conf_engines engines = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word);) {
        const struct choice *choice = value_find_choice(setting, word);

        if (!choice)
            return value_refuse(setting, word, error);
        for (size_t i = 0; i < engines.n; i++)
            if (engines.at[i] == choice->value)
                return value_duplicate(error, word);
        engines.at[engines.n++] = choice->value;
    }
    if (!engines.n)
        return value_refuse(setting, text, error);
    *(struct conf_engines *)into = engines;
    return true;
}

void value_print_engines(const struct setting *setting, const void *from, struct buf *out)
{
    const struct conf_engines *engines = from;

    for (size_t i = 0; i < engines->n; i++)
        buf_add_format(out, "%s%s", i ? " " : "", value_word(setting, engines->at[i]));
}

bool value_set_numbers(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct conf_numbers numbers = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word); numbers.n++) {
        if (numbers.n == CONF_LIST_MAX)
            return value_too_many(error, CONF_LIST_MAX);
        if (!value_set_number(setting, &numbers.at[numbers.n], word, error))
            return false;
        for (size_t i = 0; i < numbers.n; i++)
            if (numbers.at[i] == numbers.at[numbers.n])
                return value_duplicate(error, word);
    }
    if (!numbers.n)
        return value_set_number(setting, NULL, text, error);
    *(struct conf_numbers *)into = numbers;
    return true;
}

void value_print_numbers(const struct setting *setting, const void *from, struct buf *out)
{
    const struct conf_numbers *numbers = from;

    for (size_t i = 0; i < numbers->n; i++)
        buf_add_format(out, "%s%u", i ? " " : "", numbers->at[i]);
}

bool value_set_ports(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct conf_numbers numbers;
    struct inet_ports *ports = into;

    if (!value_set_numbers(setting, &numbers, text, error))
        return false;
    ports->n = numbers.n;
    for (size_t i = 0; i < numbers.n; i++)
        ports->at[i] = (uint16_t)numbers.at[i];
    return true;
}

bool value_set_ports_or_none(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    if (text.n)
        return value_set_ports(setting, into, text, error);
    ((struct inet_ports *)into)->n = 0;
    return true;
}

void value_print_ports(const struct setting *setting, const void *from, struct buf *out)
{
    const struct inet_ports *ports = from;

    for (size_t i = 0; i < ports->n; i++)
        buf_add_format(out, "%s%u", i ? " " : "", ports->at[i]);
}

/* The address is the part before the last colon; an IPv6 address is in brackets. */
static bool read_address(struct span word, union inet_address *address)
{
    const char *colon = memrchr(word.p, ':', word.n);
    size_t n = colon ? (size_t)(colon - word.p) : 0;
    char text[INET6_ADDRSTRLEN];
    uint64_t port;

    *address = (union inet_address){0};
    if (n == 0 || n > sizeof text + 1 || !token_number(span_from(word, n + 1), &port) || port == 0 ||
        port > 65535)
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

bool value_set_addresses(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct inet_addresses addresses = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word); addresses.n++) {
        union inet_address address;

        if (!read_address(word, &address))
            return value_refuse(setting, word, error);
        if (addresses.n == setting->max)
            return value_too_many(error, setting->max);
        for (size_t i = 0; i < addresses.n; i++)
            if (memcmp(&addresses.at[i], &address, sizeof address) == 0)
                return value_duplicate(error, word);
        addresses.at[addresses.n] = address;
    }
    if (addresses.n < setting->min)
        return value_refuse(setting, text, error);
    *(struct inet_addresses *)into = addresses;
    return true;
}

static void print_address(const struct sockaddr_in *in, const struct sockaddr_in6 *in6, struct buf *out)
{
    char text[INET6_ADDRSTRLEN];

    if (in6->sin6_family == AF_INET6)
        buf_add_format(out, "[%s]:%u", inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text),
                       ntohs(in6->sin6_port));
    else
        buf_add_format(out, "%s:%u", inet_ntop(AF_INET, &in->sin_addr, text, sizeof text),
                       ntohs(in->sin_port));
}

void value_print_addresses(const struct setting *setting, const void *from, struct buf *out)
{
    const struct inet_addresses *addresses = from;

    for (size_t i = 0; i < addresses->n; i++) {
        buf_add(out, i ? SPAN(" ") : SPAN(""));
        print_address(&addresses->at[i].in, &addresses->at[i].in6, out);
    }
}

static bool read_socket(struct span word, union inet_socket *socket)
{
    union inet_address address;

    *socket = (union inet_socket){0};
    if (word.p[0] == '/') {
        socket->un.sun_family = AF_UNIX;
        if (word.n >= sizeof socket->un.sun_path)
            return false;
        memcpy(socket->un.sun_path, word.p, word.n);
        return true;
    }
    if (!read_address(word, &address))
        return false;
    if (address.any.sa_family == AF_INET6)
        socket->in6 = address.in6;
    else
        socket->in = address.in;
    return true;
}

bool value_set_sockets(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct inet_sockets sockets = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word); sockets.n++) {
        if (sockets.n == setting->max)
            return value_too_many(error, setting->max);
        if (!read_socket(word, &sockets.at[sockets.n]))
            return value_refuse(setting, word, error);
        for (size_t i = 0; i < sockets.n; i++)
            if (memcmp(&sockets.at[i], &sockets.at[sockets.n], sizeof sockets.at[i]) == 0)
                return value_duplicate(error, word);
    }
    if (sockets.n < setting->min)
        return value_refuse(setting, text, error);
    *(struct inet_sockets *)into = sockets;
    return true;
}

void value_print_sockets(const struct setting *setting, const void *from, struct buf *out)
{
    const struct inet_sockets *sockets = from;

    for (size_t i = 0; i < sockets->n; i++) {
        const union inet_socket *at = &sockets->at[i];

        buf_add(out, i ? SPAN(" ") : SPAN(""));
        if (at->any.sa_family == AF_UNIX)
            buf_add(out, span_of(at->un.sun_path));
        else
            print_address(&at->in, &at->in6, out);
    }
}

/* Reads the first word, NAME, or a further word, NETWORK:NAME. */
static bool read_language(struct span word, bool is_first, struct conf_language *language)
{
    const char *colon = memrchr(word.p, ':', word.n);
    size_t n = colon ? (size_t)(colon - word.p) : 0;
    struct span name = colon ? span_from(word, n + 1) : word;

    *language = (struct conf_language){0};
    if (!value_is_name(name) || is_first != !colon ||
        (colon && !network_read(span_first(word, n), &language->clients)))
        return false;
    memcpy(language->name, name.p, name.n);
    return true;
}

static bool has_clients(const struct conf_languages *languages, const struct inet_network *clients)
{
    for (size_t i = 1; i < languages->n; i++)
        if (memcmp(&languages->at[i].clients, clients, sizeof *clients) == 0)
            return true;
    return false;
}

bool value_set_languages(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct conf_languages languages = {0};
    struct conf_language language;
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word); languages.at[languages.n++] = language) {
        if (!read_language(word, languages.n == 0, &language))
            return value_refuse(setting, word, error);
        if (languages.n == setting->max)
            return value_too_many(error, setting->max);
        if (has_clients(&languages, &language.clients))
            return value_duplicate(error, word);
    }
    if (!languages.n)
        return value_refuse(setting, text, error);
    *(struct conf_languages *)into = languages;
    return true;
}

void value_print_languages(const struct setting *setting, const void *from, struct buf *out)
{
    const struct conf_languages *languages = from;

    for (size_t i = 0; i < languages->n; i++) {
        buf_add(out, i ? SPAN(" ") : SPAN(""));
        if (i)
            network_print(&languages->at[i].clients, out);
        buf_add_format(out, "%s%s", i ? ":" : "", languages->at[i].name);
    }
}
