#include "gateway/firewall/firewall_nft.h"
#include "gateway/firewall/firewall_packet.h"

#include <netinet/in.h>

struct question {
    const json_t *ruleset, *table;
    const struct firewall_packet *packet;
    const json_t *key;
};

static struct span text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return span_of(text ? text : "");
}

static bool has_text(const json_t *object, const char *key, const char *text)
{
    return span_eq(text_of(object, key), span_of(text));
}

static struct span value_text(const json_t *value)
{
    return span_of(json_is_string(value) ? json_string_value(value) : "");
}

static enum firewall_match number_is(json_int_t number, const json_t *value)
{
    const json_t *range = json_object_get(value, "range");

    if (json_is_array(range))
        return firewall_bool(number >= json_integer_value(json_array_get(range, 0)) &&
                             number <= json_integer_value(json_array_get(range, 1)));
    return json_is_integer(value) ? firewall_bool(json_integer_value(value) == number) : FIREWALL_MAYBE;
}

static enum firewall_match mark_is(const struct question *question, uint32_t mask, const json_t *value)
{
    return number_is(question->packet->mark & mask, value);
}

static enum firewall_match protocol_is(const json_t *value)
{
    if (json_is_integer(value))
        return firewall_bool(json_integer_value(value) == IPPROTO_TCP);
    return firewall_protocol(value_text(value));
}

static enum firewall_match family_is(const struct question *question, const json_t *value)
{
    bool is_ipv6 = question->packet->family == AF_INET6;
    struct span name = value_text(value);

    return firewall_bool(is_ipv6 ? span_eq(name, SPAN("ipv6")) || span_eq(name, SPAN("ip6"))
                                 : span_eq(name, SPAN("ipv4")) || span_eq(name, SPAN("ip")));
}

static enum firewall_match meta_is(const struct question *question, const json_t *meta, const json_t *value)
{
    const struct firewall_packet *packet = question->packet;

    if (has_text(meta, "key", "iifname") || has_text(meta, "key", "iif"))
        return firewall_interface(packet->in, value_text(value), '*');
    if (has_text(meta, "key", "oifname") || has_text(meta, "key", "oif"))
        return firewall_interface(packet->out, value_text(value), '*');
    if (has_text(meta, "key", "l4proto"))
        return protocol_is(value);
    if (has_text(meta, "key", "nfproto") || has_text(meta, "key", "protocol"))
        return family_is(question, value);
    if (has_text(meta, "key", "mark"))
        return mark_is(question, UINT32_MAX, value);
    return FIREWALL_MAYBE;
}

static void add_network(const json_t *value, struct buf *text)
{
    const json_t *prefix = json_object_get(value, "prefix");

    if (prefix)
        buf_add_format(text, "%s/%d", text_of(prefix, "addr").p,
                       (int)json_integer_value(json_object_get(prefix, "len")));
    else
        buf_add(text, value_text(value));
}

static enum firewall_match address_is(const struct question *question, bool is_source, const json_t *value)
{
    struct buf text = {0};
    enum firewall_match match;

    add_network(value, &text);
    match = is_source ? firewall_source(question->packet, buf_span(&text))
                      : firewall_destination(question->packet, buf_span(&text));
    buf_fini(&text);
    return match;
}

/* FIREWALL_NO: the field belongs to a protocol that the packet does not use. */
static enum firewall_match payload_is(const struct question *question, const json_t *payload,
                                      const json_t *value)
{
    const char *ip = question->packet->family == AF_INET6 ? "ip6" : "ip";

    if (!json_object_get(payload, "protocol"))
        return FIREWALL_MAYBE;
    if (has_text(payload, "protocol", ip)) {
        if (has_text(payload, "field", "saddr") || has_text(payload, "field", "daddr"))
            return address_is(question, has_text(payload, "field", "saddr"), value);
        if (has_text(payload, "field", "protocol") || has_text(payload, "field", "nexthdr"))
            return protocol_is(value);
        return FIREWALL_MAYBE;
    }
    if (!has_text(payload, "protocol", "tcp") && !has_text(payload, "protocol", "th"))
        return FIREWALL_NO;
    if (has_text(payload, "field", "dport"))
        return number_is(question->packet->port, value);
    /* Mail clients connect from ports above 1023. */
    return has_text(payload, "field", "sport") && json_is_integer(value) && json_integer_value(value) < 1024
               ? FIREWALL_NO
               : FIREWALL_MAYBE;
}

static enum firewall_match ct_is(const struct question *question, const json_t *ct, const json_t *value)
{
    if (has_text(ct, "key", "state"))
        return firewall_state(question->packet, value_text(value));
    if (has_text(ct, "key", "status") && span_eq(value_text(value), SPAN("dnat")))
        return firewall_state(question->packet, SPAN("dnat"));
    if (has_text(ct, "key", "direction"))
        return firewall_bool(span_eq(value_text(value), SPAN("original")));
    return FIREWALL_MAYBE;
}

static enum firewall_match fib_is(const struct question *question, const json_t *fib, const json_t *value)
{
    const json_t *flags = json_object_get(fib, "flags");
    bool is_destination = json_array_size(flags) == 1
                              ? span_eq(value_text(json_array_get(flags, 0)), SPAN("daddr"))
                              : span_eq(value_text(flags), SPAN("daddr"));

    if (!has_text(fib, "result", "type") || !is_destination)
        return FIREWALL_MAYBE;
    return firewall_bool(
        span_eq(value_text(value), question->packet->is_local ? SPAN("local") : SPAN("unicast")));
}

/* Evaluates {"&": [{"meta": {"key": "mark"}}, MASK]}. */
static enum firewall_match masked_is(const struct question *question, const json_t *both, const json_t *value)
{
    const json_t *meta = json_object_get(json_array_get(both, 0), "meta"), *mask = json_array_get(both, 1);

    if (!has_text(meta, "key", "mark") || !json_is_integer(mask))
        return FIREWALL_MAYBE;
    return mark_is(question, (uint32_t)json_integer_value(mask), value);
}

static enum firewall_match one_is(const struct question *question, const json_t *value)
{
    const json_t *key = question->key, *part;

    if ((part = json_object_get(key, "meta")))
        return meta_is(question, part, value);
    if ((part = json_object_get(key, "payload")))
        return payload_is(question, part, value);
    if ((part = json_object_get(key, "ct")))
        return ct_is(question, part, value);
    if ((part = json_object_get(key, "fib")))
        return fib_is(question, part, value);
    if ((part = json_object_get(key, "&")))
        return masked_is(question, part, value);
    return FIREWALL_MAYBE;
}

const json_t *firewall_nft_elements(const json_t *ruleset, const json_t *table, const char *name,
                                    bool *is_dynamic)
{
    *is_dynamic = false;
    for (size_t i = 0; i < json_array_size(ruleset); i++) {
        const json_t *entry = json_array_get(ruleset, i), *set = json_object_get(entry, "set");
        const json_t *flags;

        set = set ? set : json_object_get(entry, "map");
        if (!set || !has_text(set, "name", name) ||
            !span_eq(text_of(set, "table"), text_of(table, "table")) ||
            !span_eq(text_of(set, "family"), text_of(table, "family")))
            continue;
        flags = json_object_get(set, "flags");
        for (size_t f = 0; f < json_array_size(flags); f++)
            *is_dynamic = *is_dynamic || span_eq(value_text(json_array_get(flags, f)), SPAN("dynamic"));
        return json_object_get(set, "elem");
    }
    return NULL;
}

/* An element with a timeout or a comment is {"elem": {"val": ...}}. */
static const json_t *value_of_element(const json_t *element)
{
    const json_t *inner = json_object_get(json_object_get(element, "elem"), "val");

    return inner ? inner : element;
}

static enum firewall_match any_is(const struct question *question, const json_t *list)
{
    enum firewall_match match = FIREWALL_NO;

    for (size_t i = 0; i < json_array_size(list); i++)
        match = firewall_or(match, one_is(question, value_of_element(json_array_get(list, i))));
    return match;
}

static enum firewall_match key_has(const struct question *question, const json_t *value)
{
    struct span name = value_text(value);
    const json_t *list = json_is_array(value) ? value : json_object_get(value, "set");
    enum firewall_match match;
    bool is_dynamic = false;

    if (name.n > 1 && name.p[0] == '@')
        list = firewall_nft_elements(question->ruleset, question->table, name.p + 1, &is_dynamic);
    else if (!json_is_array(list))
        return one_is(question, value);
    match = any_is(question, list);
    return is_dynamic ? firewall_or(match, FIREWALL_MAYBE) : match;
}

enum firewall_match firewall_nft_key_has(const json_t *ruleset, const json_t *table,
                                         const struct firewall_packet *packet, const json_t *key,
                                         const json_t *value)
{
    struct question question = {ruleset, table, packet, key};

    return key_has(&question, value);
}

enum firewall_match firewall_nft_match(const json_t *ruleset, const json_t *table,
                                       const struct firewall_packet *packet, const json_t *statement)
{
    static const char *const doubtful[] = {"limit", "quota", "ct count", "last", "set", "xt"};
    const json_t *match = json_object_get(statement, "match");
    struct question question = {ruleset, table, packet, json_object_get(match, "left")};
    enum firewall_match answer;

    for (size_t i = 0; !match && i < sizeof doubtful / sizeof *doubtful; i++)
        if (json_object_get(statement, doubtful[i]))
            return FIREWALL_MAYBE;
    if (!match)
        return FIREWALL_YES;
    answer = key_has(&question, json_object_get(match, "right"));
    if (has_text(match, "op", "==") || has_text(match, "op", "in"))
        return answer;
    return has_text(match, "op", "!=") ? firewall_not(answer) : FIREWALL_MAYBE;
}
