/* pattern: the administrator's regular expression that finds the name of a virus in one line of a scanner's
 * output.
 *
 * PCRE2 on bytes (no UTF), compiled once. The text comes from a program that was given hostile mail.
 * Therefore a match has at most PATTERN_MATCH_LIMIT steps and a backtracking depth of at most
 * PATTERN_DEPTH_LIMIT. A match that reaches a limit, or fails because of another error, is PATTERN_TOO_HARD
 * and never PATTERN_NO. Pure. */
#ifndef POSTERN_BASE_PATTERN_H
#define POSTERN_BASE_PATTERN_H

#include "base/buf.h"

enum { PATTERN_MATCH_LIMIT = 100000, PATTERN_DEPTH_LIMIT = 1000 };

enum pattern_answer { PATTERN_NO, PATTERN_YES, PATTERN_TOO_HARD };

struct pattern;

/* Returns NULL if the regex does not compile or does not have this group; *error then has the reason. Group 0
 * is the whole match. ungreedy swaps the meaning of `*` and `*?`, as P3Scan's patterns expect. */
struct pattern *pattern_new(struct span regex, unsigned group, bool ungreedy, struct buf *error);
void pattern_free(struct pattern **pattern);

/* After PATTERN_YES, *name is the group's text, a part of `line`. It is empty if the group did not match. */
enum pattern_answer pattern_match(const struct pattern *pattern, struct span line, struct span *name);

#endif
