/* layers: records what libclamav's callbacks report of a message's parts, and finds parts that were not
 * scanned.
 *
 * libclamav inspects parts depth first: a part, then its content, one or more levels deeper. These are the
 * cases in which it would report "clean" for content that it has not inspected:
 *
 *   malformed     a mail (level 0) is not recognised as mail, so that it was not split into parts; or no part
 *                 is reported at all
 *   limits        a part is exactly as long as the maximum, so that it was probably truncated; or parts are
 *                 nested deeper than LAYERS_DEPTH_MAX
 *   unsupported   a container (content/container) that libclamav does not open, as a part or within a part
 *   unsupported   a container that libclamav opens, but of which no content was inspected
 *   unsupported   an archive with a member that was announced (by the meta callback) but not inspected, for
 *                 example because of zip64 or an unknown compression method; also a zip without members
 *   encrypted     an encrypted member of an archive found within other bytes: libclamav raises no alert
 *   encrypted     a password-protected office document (content/office), or an S/MIME body
 *   unsupported   an S/MIME body, calendar or card with content that is not unwrapped (content/wrapped)
 *
 * Not counted are members of at most LAYERS_TINY bytes, which libclamav never inspects, and encrypted members
 * of a zip found as a part, for which it raises an alert. For a zip found as a part, libclamav announces all
 * members, numbered from 1, before it inspects the first; for 7z, cab, arj, chm and a zip found within other
 * bytes, it announces each member just before it inspects that member. Programs that handle zip archives
 * contain the magic number of a member, for which libclamav announces a member that does not exist; a member
 * that is larger than all enclosing layers is therefore ignored.
 * Pure. */
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
    enum container container; /* format, recognised by the bytes */
    bool has_parts;           /* also true after an alert that the layer is encrypted */
    unsigned inspected;       /* number of named parts inspected, except members that were expected next */
    unsigned announced;       /* number of members announced that must be inspected */
    unsigned last_member;     /* number of the member announced last; 0: none */
    bool is_last_counted;     /* the member announced last is counted in `announced` */
};

struct layers {
    enum message_kind kind;
    uint64_t max_file_bytes;
    struct layer open[LAYERS_DEPTH_MAX];
    size_t depth; /* number of open layers */
    bool saw_message;
    bool is_expecting;      /* the member announced last must be inspected next */
    enum unscannable worst; /* UNSCANNABLE_NONE: no finding */
    const char *why;        /* the finding, as the verdict's name: "rar" */
};

/* A part as reported by the inspection callback. */
struct part {
    unsigned level;   /* 0: the message */
    const char *type; /* "CL_TYPE_ZIP" */
    uint64_t size;
    bool is_named;     /* false: found by a search in the bytes, not in an archive's directory */
    struct span bytes; /* the content; empty: not available */
};

/* A member as reported by the meta callback. */
struct member {
    const char *container; /* "CL_TYPE_7Z" */
    unsigned number;       /* in a zip found as a part, from 1; a member may be reported twice in a row */
    uint64_t packed;       /* packed size; UINT32_MAX: in the zip64 fields; 0: unknown */
    uint64_t size;         /* unpacked */
    bool is_encrypted;
};

void layers_init(struct layers *layers, enum message_kind kind, uint64_t max_file_bytes);
void layers_inspect(struct layers *layers, const struct part *part);
/* Call for an alert that the part inspected last is encrypted: libclamav inspects none of its content. */
void layers_note_encrypted(struct layers *layers);
void layers_announce(struct layers *layers, const struct member *member);
void layers_end(struct layers *layers);

#endif
