#include "conf/value_list.h"

#include "base/network.h"
#include "base/token.h"

bool value_set_words(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    unsigned bits = 0;
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word);) {
        const struct choice *choice = value_find_choice(setting, word);

        if (!choice)
            return value_refuse(setting, word, error);
        if (bits & choice->value)
            return value_duplicate(error, word);
        bits |= choice->value;
    }
    *(unsigned *)into = bits;
    return true;
}

void value_print_words(const struct setting *setting, const void *from, struct buf *out)
{
    unsigned bits = *(const unsigned *)from, done = 0;

    for (const struct choice *choice = setting->choices; choice->word; choice++) {
        if (!(bits & choice->value))
            continue;
        buf_add_format(out, "%s%s", done ? " " : "", choice->word);
        done |= choice->value;
    }
}

/* The kernel allows more characters. They are refused, because the names are written into rules and paths. */
static bool is_interface(struct span word)
{
    return value_is_name(word) && word.n < IF_NAMESIZE;
}

static bool has_interface(const struct inet_interfaces *interfaces, struct span word)
{
    for (size_t i = 0; i < interfaces->n; i++)
        if (span_eq(span_of(interfaces->at[i]), word))
            return true;
    return false;
}

bool value_set_interfaces(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct inet_interfaces interfaces = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word);) {
        if (!is_interface(word))
            return value_refuse(setting, word, error);
        if (interfaces.n == CONF_LIST_MAX)
            return value_too_many(error, CONF_LIST_MAX);
        if (has_interface(&interfaces, word))
            return value_duplicate(error, word);
        memcpy(interfaces.at[interfaces.n++], word.p, word.n);
    }
    *(struct inet_interfaces *)into = interfaces;
    return true;
}

void value_print_interfaces(const struct setting *setting, const void *from, struct buf *out)
{
    const struct inet_interfaces *interfaces = from;

    for (size_t i = 0; i < interfaces->n; i++)
        buf_add_format(out, "%s%s", i ? " " : "", interfaces->at[i]);
}

bool value_set_networks(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct inet_networks networks = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word); networks.n++) {
        struct inet_network network = {0};

        if (!network_read(word, &network))
            return value_refuse(setting, word, error);
        if (networks.n == setting->max)
            return value_too_many(error, setting->max);
        for (size_t i = 0; i < networks.n; i++)
            if (networks.at[i].bits == network.bits && network_covers(&networks.at[i], &network))
                return value_duplicate(error, word);
        networks.at[networks.n] = network;
    }
    *(struct inet_networks *)into = networks;
    return true;
}

void value_print_networks(const struct setting *setting, const void *from, struct buf *out)
{
    const struct inet_networks *networks = from;

    for (size_t i = 0; i < networks->n; i++) {
        buf_add(out, i ? SPAN(" ") : SPAN(""));
        network_print(&networks->at[i], out);
    }
}

bool value_set_hosts(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    struct inet_addresses hosts = {0};
    struct span word;

    for (struct span rest = text; token_next_word(&rest, &word); hosts.n++) {
        union inet_address host;

        if (!network_read_address(word, &host))
            return value_refuse(setting, word, error);
        if (hosts.n == setting->max)
            return value_too_many(error, setting->max);
        for (size_t i = 0; i < hosts.n; i++)
            if (memcmp(&hosts.at[i], &host, sizeof host) == 0)
                return value_duplicate(error, word);
        hosts.at[hosts.n] = host;
    }
    *(struct inet_addresses *)into = hosts;
    return true;
}

void value_print_hosts(const struct setting *setting, const void *from, struct buf *out)
{
    const struct inet_addresses *hosts = from;

    for (size_t i = 0; i < hosts->n; i++) {
        buf_add(out, i ? SPAN(" ") : SPAN(""));
        network_print_address(&hosts->at[i], out);
    }
}

bool value_set_masked(const struct setting *setting, void *into, struct span text, struct buf *error)
{
    const char *slash = memchr(text.p, '/', text.n);
    size_t n = slash ? (size_t)(slash - text.p) : text.n;
    uint64_t value, mask = UINT32_MAX;

    if (!value_read_mark(span_first(text, n), &value) || value == 0 || value > UINT32_MAX ||
        (slash && (!value_read_mark(span_from(text, n + 1), &mask) || mask > UINT32_MAX)) || (value & ~mask))
        return value_refuse(setting, text, error);
    *(struct fwmark *)into = (struct fwmark){(uint32_t)value, (uint32_t)mask};
    return true;
}

void value_print_masked(const struct setting *setting, const void *from, struct buf *out)
{
    const struct fwmark *mark = from;

    buf_add_format(out, "%#x", mark->value);
    if (mark->mask != UINT32_MAX)
        buf_add_format(out, "/%#x", mark->mask);
}
