/* layers: what libclamav's inspection callback shows of a message's parts, and what may be concluded from it.
 *
 * libclamav inspects parts depth first: a part, then what it holds, one level deeper. Four things tell here
 * that "clean" would be said of something nobody has looked into:
 *
 *   the message itself (level 0) is not taken for mail, so that its parts were never taken apart   malformed
 *   a part is exactly as long as the longest allowed: it was cut there, without a word             limits
 *   a RAR archive: this build of libclamav cannot open them unsupported a zip archive with a member that was
 * never inspected (zip64, streamed, odd compression)         unsupported
 *
 * Of a zip archive libclamav announces each member it finds by its meta callback; members of at most
 * LAYERS_TINY bytes are not inspected, and encrypted ones have an alert of their own. Pure but for its own
 * memory. */
#ifndef POSTERN_CLAMAV_LAYERS_H
#define POSTERN_CLAMAV_LAYERS_H

#include "core/verdict.h"

enum { LAYERS_DEPTH_MAX = 256, LAYERS_TINY = 5 };

struct layer {
    bool is_zip, is_encrypted; /* a member of it is */
    uint64_t size;
    unsigned inspected; /* parts of it */
    unsigned announced; /* members of it that ought to be inspected */
};

struct layers {
    uint64_t max_file_bytes;
    struct layer open[LAYERS_DEPTH_MAX];
    size_t depth; /* of the open ones */
    bool saw_message;
    enum unscannable worst; /* UNSCANNABLE_NONE: nothing to object to */
    const char *why;        /* a word for it */
};

void layers_init(struct layers *layers, uint64_t max_file_bytes);
/* A part of this libclamav type ("CL_TYPE_ZIP") and size, `level` below the message. */
void layers_inspect(struct layers *layers, unsigned level, const char *type, uint64_t size);
/* A member of the zip archive that is this long and is being looked at. */
void layers_announce(struct layers *layers, uint64_t zip_size, uint64_t member_size, bool is_encrypted);
void layers_end(struct layers *layers);

#endif
