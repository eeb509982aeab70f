#include "tls/leaf_request.h"

#include "base/network.h"
#include "base/token.h"
#include "tls/tls_names.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct leaf_request) <= 4096, "the size of a request is limited");
static_assert(sizeof(struct leaf_reply) <= 8192, "the size of a reply is limited");
static_assert(offsetof(struct leaf_request, names) + LEAF_NAMES_SIZE == sizeof(struct leaf_request),
              "a request has no padding");
static_assert(offsetof(struct leaf_reply, der) + LEAF_DER_MAX == sizeof(struct leaf_reply),
              "a reply has no padding");

#define DAY_S INT64_C(86400)
#define LONGEST_S (LEAF_DAYS_MAX * DAY_S)
/* GeneralizedTime has four digits for the year. */
#define YEAR_1970_S INT64_C(0)
#define YEAR_9999_S INT64_C(253402300799)

enum { NAME_HEAD = 2 };

bool leaf_request_next_name(struct leaf_name_walk *walk, struct leaf_name *name)
{
    const struct leaf_request *request = walk->request;
    size_t size = request->names_size <= LEAF_NAMES_SIZE ? request->names_size : 0;
    size_t length;

    if (walk->at + NAME_HEAD > size)
        return false;
    length = request->names[walk->at + 1];
    if (length > size - walk->at - NAME_HEAD)
        return false;
    name->type = request->names[walk->at] == LEAF_IP ? LEAF_IP : LEAF_DNS;
    name->octets = (struct span){(const char *)request->names + walk->at + NAME_HEAD, length};
    walk->at += NAME_HEAD + length;
    return true;
}

static bool is_same(const struct leaf_name *a, const struct leaf_name *b)
{
    if (a->type != b->type)
        return false;
    return a->type == LEAF_DNS ? span_eq_nocase(a->octets, b->octets) : span_eq(a->octets, b->octets);
}

/* Returns whether the name is among those before the octet `end`. */
static bool has_before(const struct leaf_request *request, const struct leaf_name *name, size_t end)
{
    struct leaf_name_walk walk = {request, 0};
    struct leaf_name other;

    while (walk.at < end && leaf_request_next_name(&walk, &other))
        if (is_same(&other, name))
            return true;
    return false;
}

static bool add(struct leaf_request *request, const struct leaf_name *name)
{
    uint8_t *at = request->names + request->names_size;

    if (has_before(request, name, request->names_size))
        return true;
    if (request->name_count == LEAF_NAMES_MAX ||
        name->octets.n + NAME_HEAD > (size_t)LEAF_NAMES_SIZE - request->names_size)
        return false;
    at[0] = (uint8_t)name->type;
    at[1] = (uint8_t)name->octets.n;
    memcpy(at + NAME_HEAD, name->octets.p, name->octets.n);
    request->names_size = (uint16_t)(request->names_size + NAME_HEAD + name->octets.n);
    request->name_count++;
    return true;
}

bool leaf_request_add_name(struct leaf_request *request, struct span name)
{
    return tls_name_is_valid(name) && add(request, &(struct leaf_name){LEAF_DNS, name});
}

bool leaf_request_add_address(struct leaf_request *request, const union inet_address *address)
{
    struct span octets =
        address->any.sa_family == AF_INET6
            ? (struct span){(const char *)&address->in6.sin6_addr, sizeof address->in6.sin6_addr}
            : (struct span){(const char *)&address->in.sin_addr, sizeof address->in.sin_addr};

    return add(request, &(struct leaf_name){LEAF_IP, octets});
}

static int64_t clamp(int64_t value, int64_t min, int64_t max)
{
    return value < min ? min : value > max ? max : value;
}

void leaf_request_set_dates(struct leaf_request *request, int64_t not_before_s, int64_t not_after_s,
                            int64_t now_s)
{
    int64_t last = now_s + LONGEST_S;

    /* If a certificate ends before it begins, only its end counts. */
    request->not_after_s = clamp(not_after_s, YEAR_1970_S, last);
    request->not_before_s = clamp(not_before_s, YEAR_1970_S, request->not_after_s);
    if (request->not_before_s < request->not_after_s - LONGEST_S)
        request->not_before_s = request->not_after_s - LONGEST_S;
}

static bool is_address(struct span octets)
{
    return octets.n == sizeof(struct in_addr) || octets.n == sizeof(struct in6_addr);
}

static bool is_zero(const uint8_t *octets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (octets[i])
            return false;
    return true;
}

/* Returns whether the names fill names_size exactly, have known types, and their number is name_count. */
static bool are_names_well_formed(const struct leaf_request *request)
{
    struct leaf_name_walk walk = {request, 0};
    struct leaf_name name;
    size_t n = 0, begin = 0;

    for (; leaf_request_next_name(&walk, &name); begin = walk.at, n++)
        if (request->names[begin] > LEAF_IP)
            return false;
    return walk.at == request->names_size && n == request->name_count && n > 0 && n <= LEAF_NAMES_MAX;
}

static bool is_well_formed(const struct leaf_request *request)
{
    return request->kind < LEAF_KINDS && request->names_size <= LEAF_NAMES_SIZE &&
           is_zero(request->zero, sizeof request->zero) &&
           is_zero(request->names + request->names_size, (size_t)LEAF_NAMES_SIZE - request->names_size) &&
           are_names_well_formed(request);
}

static enum leaf_fault fault_of_dates(const struct leaf_request *request, int64_t now_s)
{
    if (request->not_before_s < YEAR_1970_S || request->not_after_s > YEAR_9999_S ||
        request->not_before_s > request->not_after_s)
        return LEAF_MALFORMED;
    if (request->not_after_s - request->not_before_s > LONGEST_S)
        return LEAF_TOO_LONG;
    return request->not_after_s > now_s + LONGEST_S + DAY_S ? LEAF_DATES : LEAF_OK;
}

static union inet_address address_of(struct span octets)
{
    union inet_address address = {0};

    if (octets.n == sizeof address.in6.sin6_addr) {
        address.in6.sin6_family = AF_INET6;
        memcpy(&address.in6.sin6_addr, octets.p, octets.n);
    } else {
        address.in.sin_family = AF_INET;
        memcpy(&address.in.sin_addr, octets.p, octets.n);
    }
    return address;
}

static bool is_bypassed(const struct leaf_name *name, const char *bypass)
{
    struct span word;

    for (struct span rest = span_of(bypass); token_next_word(&rest, &word);) {
        struct inet_network network;
        bool is_network = network_read(word, &network);

        if (name->type == LEAF_DNS) {
            if (!is_network && tls_name_touches(word, name->octets))
                return true;
        } else if (is_network) {
            union inet_address address = address_of(name->octets);

            if (network_has(&network, &address))
                return true;
        }
    }
    return false;
}

static enum leaf_fault fault_of_names(const struct leaf_request *request, const char *bypass)
{
    struct leaf_name_walk walk = {request, 0};
    struct leaf_name name;
    enum leaf_fault fault = LEAF_OK;

    for (size_t begin = 0; leaf_request_next_name(&walk, &name); begin = walk.at) {
        if (name.type == LEAF_DNS ? !tls_name_is_valid(name.octets) : !is_address(name.octets))
            return LEAF_NAME_INVALID;
        if (has_before(request, &name, begin))
            return LEAF_NAME_TWICE;
        if (is_bypassed(&name, bypass))
            fault = LEAF_NAME_BYPASSED;
    }
    return fault;
}

enum leaf_fault leaf_request_check(const struct leaf_request *request, const struct leaf_rules *rules)
{
    enum leaf_fault names, dates;

    if (!is_well_formed(request))
        return LEAF_MALFORMED;
    names = fault_of_names(request, rules->bypass);
    if (leaf_fault_is_violation(names))
        return names;
    dates = fault_of_dates(request, rules->now_s);
    return dates != LEAF_OK ? dates : names;
}

bool leaf_fault_is_violation(enum leaf_fault fault)
{
    return fault >= LEAF_MALFORMED && fault < LEAF_DATES;
}

const char *leaf_fault_text(enum leaf_fault fault)
{
    switch (fault) {
    case LEAF_OK: break;
    case LEAF_MALFORMED: return "a malformed request for a leaf";
    case LEAF_NAME_INVALID: return "a request for a leaf with an invalid name";
    case LEAF_NAME_TWICE: return "a request for a leaf with a duplicate name";
    case LEAF_TOO_LONG: return "a request for a leaf that is valid for too long";
    case LEAF_DATES: return "the leaf would be valid for too long from now on";
    case LEAF_NAME_BYPASSED: return "a name is in [tls] bypass";
    }
    return "none";
}
