#include "tls/tls_hello.h"

#include "tls/tls_names.h"

enum {
    RECORD_HEADER = 5,
    RECORD_HANDSHAKE = 22,
    MESSAGE_HEADER = 4,
    MESSAGE_CLIENT_HELLO = 1,
    RANDOM_SIZE = 32,
    SESSION_ID_MAX = 32,
    NAME_HOST = 0,
    GROUP_P256 = 0x0017,
    SIGNATURE_ECDSA_P256 = 0x0403,
};

enum extension {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_GROUPS = 10,
    EXTENSION_SIGNATURES = 13,
    EXTENSION_ALPN = 16,
    EXTENSION_VERSIONS = 43,
    EXTENSION_ECH = 65037,
};

/* What the hello offers. `conclude` decides which of these offers can be used together. */
struct offer {
    bool has_versions, has_signatures, has_groups, has_names, has_alpn;
    bool suites_tls13, suites_ecdsa, suites_rsa;
    bool signatures_ecdsa, signatures_rsa;
    bool groups_p256;
};

/* The unread part of a structure. A read past its end sets is_short. */
struct rest {
    struct span bytes;
    bool is_short;
};

static uint32_t number_at(struct span bytes, size_t octets)
{
    uint32_t number = 0;

    for (size_t i = 0; i < octets; i++)
        number = number << 8 | (uint8_t)bytes.p[i];
    return number;
}

static struct span take(struct rest *rest, size_t n)
{
    struct span taken = span_first(rest->bytes, n);

    if (taken.n < n)
        rest->is_short = true;
    rest->bytes = span_from(rest->bytes, n);
    return taken;
}

static uint32_t take_number(struct rest *rest, size_t octets)
{
    struct span taken = take(rest, octets);

    return taken.n == octets ? number_at(taken, octets) : 0;
}

/* Takes a vector that is preceded by its length in this number of octets. */
static struct span take_vector(struct rest *rest, size_t length_octets)
{
    return take(rest, take_number(rest, length_octets));
}

/* Opens an extension that consists of one vector, and nothing else. */
static bool open_vector(struct span extension, size_t length_octets, struct rest *vector)
{
    struct rest rest = {extension, false};

    *vector = (struct rest){take_vector(&rest, length_octets), false};
    return !rest.is_short && rest.bytes.n == 0 && vector->bytes.n > 0;
}

static bool open_numbers(struct span extension, size_t length_octets, struct rest *vector)
{
    return open_vector(extension, length_octets, vector) && vector->bytes.n % 2 == 0;
}

static void take_host_name(struct span name, struct tls_hello *hello)
{
    name = tls_name_without_dot(name);
    hello->has_sni = tls_name_is_host(name);
    hello->has_invalid_sni = !hello->has_sni;
    for (size_t i = 0; hello->has_sni && i < name.n; i++)
        hello->sni[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] - 'A' + 'a' : name.p[i]);
}

/* RFC 6066 defines only one type of name, and permits only one name of that type. */
static bool read_server_name(struct span extension, struct tls_hello *hello)
{
    struct rest list;
    struct span name;

    if (!open_vector(extension, 2, &list) || take_number(&list, 1) != NAME_HOST)
        return false;
    name = take_vector(&list, 2);
    if (list.is_short || list.bytes.n > 0 || name.n == 0)
        return false;
    take_host_name(name, hello);
    return true;
}

static bool read_versions(struct span extension, struct tls_hello *hello)
{
    struct rest versions;

    if (!open_numbers(extension, 1, &versions))
        return false;
    hello->version_max = 0;
    while (versions.bytes.n) {
        uint32_t version = take_number(&versions, 2);

        if (version >= 0x0300 && version <= TLS_VERSION_1_3 && version > hello->version_max)
            hello->version_max = (uint16_t)version;
    }
    return true;
}

static bool is_rsa_signature(uint32_t signature)
{
    return signature == 0x0401 || signature == 0x0501 || signature == 0x0601 ||
           (signature >= 0x0804 && signature <= 0x0806);
}

static bool read_signatures(struct span extension, struct offer *offer)
{
    struct rest signatures;

    if (!open_numbers(extension, 2, &signatures))
        return false;
    while (signatures.bytes.n) {
        uint32_t signature = take_number(&signatures, 2);

        offer->signatures_ecdsa |= signature == SIGNATURE_ECDSA_P256;
        offer->signatures_rsa |= is_rsa_signature(signature);
    }
    return true;
}

static bool read_groups(struct span extension, struct offer *offer)
{
    struct rest groups;

    if (!open_numbers(extension, 2, &groups))
        return false;
    while (groups.bytes.n)
        offer->groups_p256 |= take_number(&groups, 2) == GROUP_P256;
    return true;
}

static bool read_alpn(struct span extension, struct tls_hello *hello)
{
    struct rest list, names;

    if (!open_vector(extension, 2, &list))
        return false;
    for (names = list; names.bytes.n;)
        if (take_vector(&names, 1).n == 0 || names.is_short)
            return false;
    if (list.bytes.n <= sizeof hello->alpn.p) {
        memcpy(hello->alpn.p, list.bytes.p, list.bytes.n);
        hello->alpn.n = list.bytes.n;
    }
    return true;
}

/* Returns whether the extension is the first of its type. */
static bool note(bool *has)
{
    bool is_first = !*has;

    *has = true;
    return is_first;
}

static bool read_extension(uint32_t type, struct span extension, struct tls_hello *hello, struct offer *offer)
{
    switch (type) {
    case EXTENSION_SERVER_NAME: return note(&offer->has_names) && read_server_name(extension, hello);
    case EXTENSION_GROUPS: return note(&offer->has_groups) && read_groups(extension, offer);
    case EXTENSION_SIGNATURES: return note(&offer->has_signatures) && read_signatures(extension, offer);
    case EXTENSION_ALPN: return note(&offer->has_alpn) && read_alpn(extension, hello);
    case EXTENSION_VERSIONS: return note(&offer->has_versions) && read_versions(extension, hello);
    case EXTENSION_ECH: hello->has_ech = true; return true;
    default: return true;
    }
}

static bool read_extensions(struct span block, struct tls_hello *hello, struct offer *offer)
{
    struct rest rest = {block, false};

    while (rest.bytes.n) {
        uint32_t type = take_number(&rest, 2);
        struct span extension = take_vector(&rest, 2);

        if (rest.is_short || !read_extension(type, extension, hello, offer))
            return false;
    }
    return true;
}

static bool is_among(uint32_t number, const uint16_t *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

/* `ecdsa` and `rsa`: the numbers of the cipher suites up to TLS 1.2 in which the server uses a key of this
 * type (registry of TLS cipher suites). */
static void read_suites(struct span suites, struct offer *offer)
{
    static const uint16_t ecdsa[] = {0xc009, 0xc00a, 0xc023, 0xc024, 0xc02b, 0xc02c,
                                     0xc0ac, 0xc0ad, 0xc0ae, 0xc0af, 0xcca9};
    static const uint16_t rsa[] = {0x002f, 0x0033, 0x0035, 0x0039, 0x003c, 0x003d, 0x0067,
                                   0x006b, 0x009c, 0x009d, 0x009e, 0x009f, 0xc013, 0xc014,
                                   0xc027, 0xc028, 0xc02f, 0xc030, 0xcca8, 0xccaa};
    struct rest rest = {suites, false};

    while (rest.bytes.n) {
        uint32_t suite = take_number(&rest, 2);

        offer->suites_tls13 |= suite >= 0x1301 && suite <= 0x1305;
        offer->suites_ecdsa |= is_among(suite, ecdsa, sizeof ecdsa / sizeof *ecdsa);
        offer->suites_rsa |= is_among(suite, rsa, sizeof rsa / sizeof *rsa);
    }
}

/* With TLS 1.3, the list of signatures decides. With TLS 1.2, the suites decide as well, and for an ECDSA key
 * also the list of groups. TLS 1.2 permits a client to omit lists. A missing list excludes nothing. */
static void conclude(const struct offer *offer, struct tls_hello *hello)
{
    bool ecdsa = offer->signatures_ecdsa || !offer->has_signatures;
    bool rsa = offer->signatures_rsa || !offer->has_signatures;
    bool p256 = offer->groups_p256 || !offer->has_groups;

    hello->offers_tls13 = hello->version_max == TLS_VERSION_1_3 && offer->has_versions && offer->suites_tls13;
    hello->offers_ecdsa_p256 =
        (hello->offers_tls13 && offer->signatures_ecdsa) || (offer->suites_ecdsa && ecdsa && p256);
    hello->offers_rsa = (hello->offers_tls13 && offer->signatures_rsa) || (offer->suites_rsa && rsa);
}

static bool read_message(struct span message, struct tls_hello *hello)
{
    struct offer offer = {0};
    struct rest rest = {message, false};
    uint32_t version = take_number(&rest, 2);
    struct span session_id, suites, compressions;

    take(&rest, RANDOM_SIZE);
    session_id = take_vector(&rest, 1);
    suites = take_vector(&rest, 2);
    compressions = take_vector(&rest, 1);
    if (rest.is_short || version < 0x0300 || session_id.n > SESSION_ID_MAX || suites.n == 0 ||
        suites.n % 2 != 0 || compressions.n == 0)
        return false;
    hello->version_max = (uint16_t)(version < TLS_VERSION_1_2 ? version : TLS_VERSION_1_2);
    read_suites(suites, &offer);
    if (rest.bytes.n) { /* a hello of TLS 1.2 may end before the extensions */
        struct rest block;

        if (rest.bytes.n == 2 && number_at(rest.bytes, 2) == 0)
            block.bytes = (struct span){rest.bytes.p, 0};
        else if (!open_vector(rest.bytes, 2, &block))
            return false;
        if (!read_extensions(block.bytes, hello, &offer))
            return false;
    }
    conclude(&offer, hello);
    return true;
}

static enum tls_hello_result check_record(struct span bytes)
{
    size_t length = bytes.n >= RECORD_HEADER ? number_at(span_from(bytes, 3), 2) : 1;

    if ((bytes.n >= 1 && (uint8_t)bytes.p[0] != RECORD_HANDSHAKE) || (bytes.n >= 2 && bytes.p[1] != 3))
        return TLS_HELLO_NOT_TLS;
    if (length == 0 || length > TLS_HELLO_MAX)
        return TLS_HELLO_MALFORMED;
    return bytes.n < RECORD_HEADER ? TLS_HELLO_MORE : TLS_HELLO_COMPLETE;
}

/* The hello as far as its records have arrived. */
struct assembly {
    char message[TLS_HELLO_MAX];
    size_t n;      /* octets of the message that have arrived */
    size_t length; /* of the message with its header; 0: not known yet */
};

static enum tls_hello_result add_fragment(struct assembly *assembly, struct span fragment)
{
    memcpy(assembly->message + assembly->n, fragment.p, fragment.n);
    assembly->n += fragment.n;
    if (assembly->n >= 1 && assembly->message[0] != MESSAGE_CLIENT_HELLO)
        return TLS_HELLO_MALFORMED;
    if (assembly->n < MESSAGE_HEADER)
        return TLS_HELLO_MORE;
    assembly->length = MESSAGE_HEADER + number_at((struct span){assembly->message + 1, 3}, 3);
    return assembly->length > TLS_HELLO_MAX || assembly->n > assembly->length ? TLS_HELLO_MALFORMED
                                                                              : TLS_HELLO_MORE;
}

/* Joins the fragments of the records. Sets *octets to the size of all records up to the end of the hello. */
static enum tls_hello_result assemble(struct span bytes, struct assembly *assembly, size_t *octets)
{
    for (struct span rest = bytes;;) {
        enum tls_hello_result result = check_record(rest);
        size_t length;

        /* If a later record is not a handshake record, the hello is malformed. */
        if (result != TLS_HELLO_COMPLETE)
            return result == TLS_HELLO_NOT_TLS && rest.p != bytes.p ? TLS_HELLO_MALFORMED : result;
        length = number_at(span_from(rest, 3), 2);
        rest = span_from(rest, RECORD_HEADER);
        result = add_fragment(assembly, span_first(rest, length));
        if (result != TLS_HELLO_MORE || rest.n < length)
            return result;
        rest = span_from(rest, length);
        if (assembly->n == assembly->length) {
            *octets = (size_t)(rest.p - bytes.p);
            return TLS_HELLO_COMPLETE;
        }
    }
}

enum tls_hello_result tls_hello_parse(struct span bytes, struct tls_hello *hello)
{
    struct assembly assembly;
    enum tls_hello_result result;

    assembly.n = assembly.length = 0;
    memset(hello, 0, sizeof *hello);
    result = assemble(span_first(bytes, TLS_HELLO_MAX), &assembly, &hello->octets);
    if (result == TLS_HELLO_MORE)
        return bytes.n < TLS_HELLO_MAX ? TLS_HELLO_MORE : TLS_HELLO_MALFORMED;
    if (result != TLS_HELLO_COMPLETE)
        return result;
    return read_message((struct span){assembly.message + MESSAGE_HEADER, assembly.length - MESSAGE_HEADER},
                        hello)
               ? TLS_HELLO_COMPLETE
               : TLS_HELLO_MALFORMED;
}
