/* layers: finds parts of a message that libclamav did not scan, from what its callbacks report.
 *
 * libclamav inspects parts depth first: a part, then its content, one or more levels deeper. In these cases
 * it would report "clean" for content that it has not inspected:
 *
 *   malformed     a mail (level 0) is not recognised as mail, and is therefore not split into parts; or no
 *                 part is reported at all
 *   limits        a part is exactly as long as the maximum, and was probably truncated; or parts are nested
 *                 deeper than LAYERS_DEPTH_MAX
 *   unsupported   a container (content/container) that libclamav does not open, as a part or within a part
 *   unsupported   a container that libclamav opens, but whose content was not inspected
 *   unsupported   an archive with a member that was announced (by the meta callback) but not inspected, for
 *                 example because of zip64 or an unknown compression method; also a zip without members
 *   encrypted     an encrypted member of an archive. For a zip that is a part, libclamav itself raises an
 *                 alert
 *   encrypted     a part that content/encrypted recognises, such as an office document with a password
 *   unsupported   an S/MIME body, calendar or card with content that is not unwrapped (content/wrapped)
 *
 * Members of at most LAYERS_TINY bytes do not count, because libclamav never inspects them.
 *
 * The order of the callbacks depends on the archive. For a zip that is a part, libclamav announces all
 * members, numbered from 1, before it inspects the first. For 7z, cab, arj, chm, and a zip found within other
 * bytes, it announces each member just before it inspects that member.
 *
 * Some programs contain the magic number of a zip's member. libclamav then announces a member that does not
 * exist. A member that is larger than all enclosing layers is therefore ignored. Pure. */
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
    enum container container; /* the format that the bytes have */
    bool has_parts;           /* also true after an alert that the layer is encrypted */
    unsigned inspected;       /* number of named parts inspected, except members announced just before */
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
    bool is_expecting;      /* the next part must be the member that was announced last */
    enum unscannable worst; /* UNSCANNABLE_NONE: no finding */
    const char *why;        /* the finding, as the verdict's name: "rar" */
};

/* A part as reported by the inspection callback. */
struct part {
    unsigned level;   /* 0: the message */
    const char *type; /* "CL_TYPE_ZIP" */
    uint64_t size;
    bool is_named;     /* false: found by a search in the bytes, not by an archive's directory */
    struct span bytes; /* the content; empty: not available */
};

/* A member as reported by the meta callback. */
struct member {
    const char *container; /* "CL_TYPE_7Z" */
    unsigned number;       /* in a zip that is a part, from 1; a member may be reported twice in a row */
    uint64_t packed;       /* packed size; UINT32_MAX: in the zip64 fields; 0: unknown */
    uint64_t size;         /* unpacked */
    bool is_encrypted;
};

void layers_init(struct layers *layers, enum message_kind kind, uint64_t max_file_bytes);
void layers_inspect(struct layers *layers, const struct part *part);
/* To be called after an alert that the part inspected last is encrypted: libclamav inspects none of its
 * content. */
void layers_note_encrypted(struct layers *layers);
void layers_announce(struct layers *layers, const struct member *member);
void layers_end(struct layers *layers);

#endif
