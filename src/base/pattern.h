/* pattern: the administrator's regular expression that finds a virus's name in one line of a scanner's
 * output.
 *
 * PCRE2, bytes not UTF, compiled once. The text it is matched against comes from a program that was fed
 * hostile mail, so matching is bounded: PATTERN_MATCH_LIMIT steps, PATTERN_DEPTH_LIMIT of backtracking depth;
 * a match that hits a bound is reported as such and never as "no match". Pure. */
#ifndef POSTERN_BASE_PATTERN_H
#define POSTERN_BASE_PATTERN_H

#include "base/buf.h"

enum { PATTERN_MATCH_LIMIT = 100000, PATTERN_DEPTH_LIMIT = 1000 };

enum pattern_answer { PATTERN_NO, PATTERN_YES, PATTERN_TOO_HARD };

struct pattern;

/* NULL if it does not compile or has no group of that number; *error then says so. Group 0 is the whole
 * match. ungreedy turns the meaning of `*` and `*?` round, as P3Scan's patterns expect. */
struct pattern *pattern_new(struct span regex, unsigned group, bool ungreedy, struct buf *error);
void pattern_free(struct pattern **pattern);

/* PATTERN_YES: *name is the group's text, within line; empty when the group took no part in the match. */
enum pattern_answer pattern_match(const struct pattern *pattern, struct span line, struct span *name);

#endif
