/* clamd_reply: what ClamAV's daemon answers, to the letter [V1, V2].
 *
 * Only an exact "OK" is one: `fd[<digits>]: OK` to zFILDES, `stream: OK` to zINSTREAM. A name is one word.
 * What is short, longer, otherwise spelt, "(null) FOUND" or an ERROR is malformed - but for the one that says
 * that a stream was larger than clamd takes. Answers of z commands end with a NUL, which is not part of what
 * is given here. clamd(8). */
#ifndef POSTERN_SCAN_CLAMD_REPLY_H
#define POSTERN_SCAN_CLAMD_REPLY_H

#include "base/span.h"

#include <stdint.h>

enum { CLAMD_ANSWER_MAX = 1024 };

enum clamd_answer { CLAMD_MALFORMED, CLAMD_OK, CLAMD_FOUND, CLAMD_STREAM_TOO_LARGE };

/* *name is set with CLAMD_FOUND, and borrows the answer. */
enum clamd_answer clamd_reply_parse_fildes(struct span answer, struct span *name);
enum clamd_answer clamd_reply_parse_instream(struct span answer, struct span *name);

/* "ClamAV 1.4.6/27834/Mon Nov 23 08:33:01 2026": false if it is none. *version is all of it but the date:
 * "ClamAV 1.4.6/27834". */
bool clamd_reply_parse_version(struct span answer, struct span *version);
/* That date, as Unix time, to within a time zone, which is not told. 0: there is none. */
int64_t clamd_reply_parse_date(struct span answer);

#endif
