#include "content/pgp.h"

#include "base/base64.h"
#include "content/octets.h"

enum {
    TAG_PUBLIC_KEY_SESSION = 1,
    TAG_SYMMETRIC_SESSION = 3,
    TAG_ENCRYPTED = 9,
    TAG_ENCRYPTED_PROTECTED = 18,
    TAG_ENCRYPTED_AEAD = 20,
    PACKETS_MAX = 64, /* a message with this many session keys counts as encrypted */
    START_OCTETS = 3, /* of an armored message that are decoded */
};

/* The header of a packet. */
struct packet {
    unsigned tag;
    size_t header, body; /* numbers of octets */
};

static void read_old(struct span bytes, struct packet *packet)
{
    size_t octets = (size_t)1 << (bytes.p[0] & 3);

    packet->tag = (unsigned char)bytes.p[0] >> 2 & 15;
    packet->header = 1 + (octets < 8 ? octets : 0);
    packet->body = octets < 8 ? (size_t)octets_big_endian(bytes, 1, octets) : bytes.n;
}

static void read_new(struct span bytes, struct packet *packet)
{
    size_t first = (size_t)octets_big_endian(bytes, 1, 1);

    packet->tag = (unsigned char)bytes.p[0] & 63;
    packet->header = first < 192 || (first >= 224 && first < 255) ? 2 : first < 224 ? 3 : 6;
    if (first < 192)
        packet->body = first;
    else if (first < 224)
        packet->body = ((first - 192) << 8) + (size_t)octets_big_endian(bytes, 2, 1) + 192;
    else
        packet->body = first == 255 ? (size_t)octets_big_endian(bytes, 2, 4) : (size_t)1 << (first & 31);
}

static bool read_packet(struct span bytes, struct packet *packet)
{
    if (bytes.n < 2 || !(bytes.p[0] & 0x80))
        return false;
    if (bytes.p[0] & 0x40)
        read_new(bytes, packet);
    else
        read_old(bytes, packet);
    return true;
}

/* Versions and algorithms that are defined, so that other bytes are not taken for a session key. */
static bool is_session_key(unsigned tag, struct span body)
{
    size_t version = (size_t)octets_big_endian(body, 0, 1);

    if (tag == TAG_PUBLIC_KEY_SESSION)
        return body.n > 10 && (version == 2 || version == 3 || version == 6);
    return tag == TAG_SYMMETRIC_SESSION && body.n > 3 && version >= 4 && version <= 6 &&
           octets_big_endian(body, 1, 1) < 32;
}

static bool is_encrypted_data(unsigned tag)
{
    return tag == TAG_ENCRYPTED || tag == TAG_ENCRYPTED_PROTECTED || tag == TAG_ENCRYPTED_AEAD;
}

/* Session keys, then encrypted data. */
static bool is_binary(struct span file)
{
    struct packet packet;

    for (int keys = 0; keys < PACKETS_MAX; keys++) {
        if (!read_packet(file, &packet))
            return false;
        if (keys && is_encrypted_data(packet.tag))
            return true;
        if (packet.body > file.n ||
            !is_session_key(packet.tag, span_first(span_from(file, packet.header), packet.body)))
            return false;
        file = span_from(file, packet.header + packet.body);
    }
    return true;
}

static struct span take_line(struct span *rest)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    struct span line = {rest->p, end ? (size_t)(end - rest->p) : rest->n};

    *rest = span_from(*rest, line.n + (end != NULL));
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return span_trim(line);
}

/* The fields of the armor end with an empty line, which some programs omit if there are none. */
static struct span skip_fields(struct span rest)
{
    struct span after = rest, line;

    do {
        rest = after;
        line = take_line(&after);
    } while (after.n && line.n && memmem(line.p, line.n, ": ", 2));
    return line.n ? rest : after;
}

/* Decodes the first octets. */
static struct span decode_start(struct span text, char octets[START_OCTETS])
{
    uint32_t bits = 0;
    size_t letters = 0;

    for (size_t i = 0; i < text.n && letters < 4; i++) {
        int sextet = base64_sextet(text.p[i]);

        if (sextet < 0)
            break;
        bits = bits << 6 | (uint32_t)sextet;
        letters++;
    }
    for (size_t i = 0; i < START_OCTETS; i++)
        octets[i] = (char)(bits >> (16 - 8 * i) & 0xff);
    return (struct span){octets, letters == 4 ? START_OCTETS : 0};
}

static bool is_armored(struct span after)
{
    char octets[START_OCTETS];
    struct packet packet;

    return read_packet(decode_start(skip_fields(after), octets), &packet) &&
           (packet.tag == TAG_PUBLIC_KEY_SESSION || packet.tag == TAG_SYMMETRIC_SESSION ||
            is_encrypted_data(packet.tag));
}

static bool has_armor(struct span file)
{
    const struct span begin = SPAN("-----BEGIN PGP MESSAGE-----");
    struct span rest = file;
    const char *found;

    while (rest.n && (found = memmem(rest.p, rest.n, begin.p, begin.n))) {
        bool is_line = found == file.p || found[-1] == '\n' || found[-1] == '\r';

        rest = span_from(rest, (size_t)(found - rest.p));
        if (span_eq(take_line(&rest), begin) && is_line && is_armored(rest))
            return true;
    }
    return false;
}

bool pgp_is_encrypted(struct span file)
{
    return is_binary(file) || has_armor(file);
}
