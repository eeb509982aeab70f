/* clamd_reply: parses the replies of ClamAV's daemon, strictly [V1, V2].
 *
 * The only clean replies are `fd[<digits>]: OK` to zFILDES and `stream: OK` to zINSTREAM. A signature name is
 * one word. A reply is malformed if it is truncated, has trailing text or another spelling, is "(null)
 * FOUND", or is an ERROR other than the one for a stream that is larger than clamd accepts. Replies to z
 * commands end with a NUL, which the caller has removed. See clamd(8). */
#ifndef POSTERN_SCAN_CLAMD_REPLY_H
#define POSTERN_SCAN_CLAMD_REPLY_H

#include "base/span.h"

#include <stdint.h>

enum { CLAMD_ANSWER_MAX = 1024 };

enum clamd_answer { CLAMD_MALFORMED, CLAMD_OK, CLAMD_FOUND, CLAMD_STREAM_TOO_LARGE };

/* If CLAMD_FOUND, *name is the signature's name, borrowed from the reply. */
enum clamd_answer clamd_reply_parse_fildes(struct span answer, struct span *name);
enum clamd_answer clamd_reply_parse_instream(struct span answer, struct span *name);

/* Parses "ClamAV 1.4.6/27834/Mon Nov 23 08:33:01 2026". Sets *version to the part before the date, "ClamAV
 * 1.4.6/27834"; to the whole reply if it has no date. False: the reply does not begin with "ClamAV ". */
bool clamd_reply_parse_version(struct span answer, struct span *version);
/* Returns the date in that reply as Unix time; 0: it has no valid date. The time can be off by some hours,
 * because clamd does not report its time zone. */
int64_t clamd_reply_parse_date(struct span answer);

/* Parses the reply to STATS. Returns the maximum number of threads that scan (MaxThreads of the primary
 * pool); 0 if the reply is malformed, or STATS is unknown or disabled. */
unsigned clamd_reply_parse_threads(struct span answer);

#endif
