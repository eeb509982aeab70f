/* incident: one mail or file that was not delivered unmodified, with all that is known about it, in a fixed
 * size.
 *
 * The relay adds what it knows about the session. The verdict comes from the scan process. The facts come
 * from a reader, which has parsed the header. The keeper stores an incident, with the original unless that is
 * destroyed. The notice reports the incident to the recipient.
 *
 * Texts are NUL-terminated UTF-8 without control characters. An empty text means unknown. A reader has parsed
 * hostile bytes and is not trusted, so facts_clean is applied to its facts. */
#ifndef POSTERN_CORE_INCIDENT_H
#define POSTERN_CORE_INCIDENT_H

#include "core/message_kind.h"
#include "core/verdict.h"

/* Facts from the message's own header, decoded (RFC 2047) for display. */
struct mail_facts {
    char from[256];
    char to[256];
    char date[128];
    char subject[256];
    char message_id[256];
};

/* Header fields of the original that are copied into the notice (core/mail_facts): Return-Path, Received,
 * From, To, Cc and Date. They are whole, valid fields with their CRLF. */
struct kept_header {
    uint32_t n;
    char text[16384];
};

enum { INCIDENT_SIZE_DIFFERENCE_MAX = 4096 }; /* octets by which two forms of the same mail may differ */
enum { INCIDENT_ID_SIZE = 33 };               /* 32 hex digits and NUL */

struct incident {
    char id[INCIDENT_ID_SIZE]; /* empty until the original is stored or, with delete, destroyed */
    char file[64]; /* name in the quarantine directory; empty: the original is not stored, or was destroyed */
    struct verdict verdict;
    struct mail_facts facts;
    uint8_t kind;          /* enum message_kind; only a mail has facts and uidl */
    uint8_t direction;     /* enum message_direction */
    uint8_t undeliverable; /* 1: must never be delivered unmodified, even if it was released [S8] */
    char protocol[8];      /* name of the protocol, "POP3" */
    char name[512];        /* of a file: its path or URL, cut between two characters if it is longer */
    char user[128];        /* as the client logged in; may be empty */
    char client[64];       /* "192.168.0.10:1395", "[2001:db8:1::4]:1395" */
    char server[64];       /* the original destination, same form */
    char uidl[72];         /* the server's unique-id of the mail, at most 70 characters; empty: unknown */
    uint64_t size;         /* octets of the message, unstuffed */
    int64_t received_s;    /* Unix time */
    char session[32];      /* the session's id in the log */
};

/* Returns whether `b` is the same mail as `a`. Some servers (Courier, mailutils) change header fields or a
 * boundary at each RETR, so the bytes may differ. A unique-id alone is no proof, because some servers assign
 * the same one twice. Therefore unique-id, user, server, verdict, sender, subject and message id must be
 * equal, and the sizes nearly equal. At least one of sender, subject and message id must be known. */
bool incident_is_same_mail(const struct incident *a, const struct incident *b);

/* Returns false if the kind or the direction is invalid. A process that was taken over may send such an
 * incident. */
bool incident_is_valid(const struct incident *incident);
/* Cleans every text (base/text), empties an invalid id or file name, and zeroes an invalid verdict. If kind
 * or direction is invalid, the kind becomes mail, and the direction becomes download. */
void incident_clean(struct incident *incident);
void facts_clean(struct mail_facts *facts);
/* Empties a kept header if one of its fields is incomplete, invalid or not permitted (mail/kept_field).
 * Returns whether the kept header was valid. */
bool kept_header_clean(struct kept_header *kept);

#endif
