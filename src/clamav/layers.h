/* layers: what libclamav's callbacks show of a message's parts, and what may be concluded from it.
 *
 * libclamav inspects parts depth first: a part, then what it holds, one level or more deeper. Here is noticed
 * when "clean" would be said of something nobody has looked into:
 *
 *   malformed     a mail itself (level 0) is not taken for mail: its parts were never taken apart
 *   limits        a part is exactly as long as the longest allowed: it was cut there, without a word
 *   unsupported   a container (content/container) that libclamav does not open, as a part or within one
 *   unsupported   a container that it can open, with nothing inspected that came out of it
 *   unsupported   an archive with a member that was announced (by the meta callback) and never inspected:
 *                 zip64, a compression method that libclamav does not know; or a zip without any member
 *   encrypted     a member that says so, of an archive found within other bytes: no alert is raised for it
 *   encrypted     an office document with a password (content/office), or an S/MIME body
 *   unsupported   an S/MIME body, calendar or card with content that is not unwrapped (content/wrapped)
 *
 * Members of at most LAYERS_TINY bytes are never inspected, and encrypted ones of a zip found as such raise
 * an alert: neither counts. A zip found as such announces all of its members, numbered from 1, before the
 * first is inspected; a zip found within other bytes, 7z, cab, arj and chm announce each member just before
 * it is inspected. A program that handles zip archives has their magic number in its code, and what follows
 * is read as a member: one that is longer than anything it could be in is none. Pure. */
#ifndef POSTERN_CLAMAV_LAYERS_H
#define POSTERN_CLAMAV_LAYERS_H

#include "core/message_kind.h"
#include "core/verdict.h"
#include "content/container.h"

enum { LAYERS_DEPTH_MAX = 256, LAYERS_TINY = 5, LAYERS_EMPTY = 64 };

struct layer {
    unsigned level;
    uint64_t size;
    bool is_zip;
    enum container container; /* what its bytes are */
    bool has_parts;           /* or it was said why not */
    unsigned inspected;       /* named parts of it */
    unsigned announced;       /* members of it that ought to be inspected */
    unsigned last_member;
    bool is_last_announced;
};

struct layers {
    enum message_kind kind;
    uint64_t max_file_bytes;
    struct layer open[LAYERS_DEPTH_MAX];
    size_t depth; /* of the open ones */
    bool saw_message;
    bool is_expecting;      /* a member was announced that has to be inspected next */
    enum unscannable worst; /* UNSCANNABLE_NONE: nothing to object to */
    const char *why;        /* a word for it */
};

/* A part as the inspection callback tells it. */
struct part {
    unsigned level;   /* 0: the message */
    const char *type; /* "CL_TYPE_ZIP" */
    uint64_t size;
    bool is_named;     /* parts that were found by searching, not by a directory, are not */
    struct span bytes; /* of it; empty: not at hand */
};

/* A member as the meta callback tells it. */
struct member {
    const char *container; /* "CL_TYPE_7Z" */
    unsigned number;       /* from 1 in a zip; the same member may be told twice in a row */
    uint64_t packed;       /* UINT32_MAX: told elsewhere (zip64); 0: unknown */
    uint64_t size;         /* unpacked */
    bool is_encrypted;
};

void layers_init(struct layers *layers, enum message_kind kind, uint64_t max_file_bytes);
void layers_inspect(struct layers *layers, const struct part *part);
/* An alert says that the part inspected last is encrypted: nothing will come out of it. */
void layers_note_encrypted(struct layers *layers);
void layers_announce(struct layers *layers, const struct member *member);
void layers_end(struct layers *layers);

#endif
