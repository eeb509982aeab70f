/* clamd_reply: parses the replies of ClamAV's daemon, strictly [V1, V2].
 *
 * The only clean replies are `fd[<digits>]: OK` to zFILDES and `stream: OK` to zINSTREAM. A signature name is
 * one word. A reply that is truncated, has trailing text or a different spelling, "(null) FOUND" and any
 * ERROR are malformed, except for the error that reports a stream larger than clamd accepts. Replies to z
 * commands end with a NUL, which the caller has removed. See clamd(8). */
#ifndef POSTERN_SCAN_CLAMD_REPLY_H
#define POSTERN_SCAN_CLAMD_REPLY_H

#include "base/span.h"

#include <stdint.h>

enum { CLAMD_ANSWER_MAX = 1024 };

enum clamd_answer { CLAMD_MALFORMED, CLAMD_OK, CLAMD_FOUND, CLAMD_STREAM_TOO_LARGE };

/* *name is set if CLAMD_FOUND, and borrows the reply. */
enum clamd_answer clamd_reply_parse_fildes(struct span answer, struct span *name);
enum clamd_answer clamd_reply_parse_instream(struct span answer, struct span *name);

/* Parses "ClamAV 1.4.6/27834/Mon Nov 23 08:33:01 2026". *version is all of it except the date: "ClamAV
 * 1.4.6/27834". False: malformed. */
bool clamd_reply_parse_version(struct span answer, struct span *version);
/* The date in that reply as Unix time. It can be off by some hours, as clamd does not report its time zone.
 * 0: no date. */
int64_t clamd_reply_parse_date(struct span answer);

#endif
