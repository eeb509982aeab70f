#include "base/pattern.h"

#include <stdint.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
    pcre2_match_data *match;
    unsigned group;
};

static void explain(struct buf *error, int code, size_t offset)
{
    char text[200];

    pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof text);
    buf_add_format(error, "%s at offset %zu", text, offset);
}

static bool has_group(const struct pattern *pattern, struct buf *error)
{
    uint32_t groups = 0;

    pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    if (pattern->group > groups)
        buf_add_format(error, "the pattern has no group %u", pattern->group);
    return pattern->group <= groups;
}

struct pattern *pattern_new(struct span regex, unsigned group, bool ungreedy, struct buf *error)
{
    struct pattern *pattern = mem_alloc_zero(sizeof *pattern);
    int code;
    size_t offset;

    pattern->group = group;
    pattern->code =
        pcre2_compile((PCRE2_SPTR)regex.p, regex.n, ungreedy ? PCRE2_UNGREEDY : 0, &code, &offset, NULL);
    if (!pattern->code) {
        explain(error, code, offset);
        pattern_free(&pattern);
        return NULL;
    }
    if (!has_group(pattern, error)) {
        pattern_free(&pattern);
        return NULL;
    }
    pattern->limits = pcre2_match_context_create(NULL);
    pattern->match = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    if (!pattern->limits || !pattern->match)
        mem_exhausted();
    pcre2_set_match_limit(pattern->limits, PATTERN_MATCH_LIMIT);
    pcre2_set_depth_limit(pattern->limits, PATTERN_DEPTH_LIMIT);
    return pattern;
}

void pattern_free(struct pattern **pattern)
{
    struct pattern *p = *pattern;

    if (!p)
        return;
    pcre2_match_data_free(p->match);
    pcre2_match_context_free(p->limits);
    pcre2_code_free(p->code);
    free(p);
    *pattern = NULL;
}

enum pattern_answer pattern_match(const struct pattern *pattern, struct span line, struct span *name)
{
    int groups =
        pcre2_match(pattern->code, (PCRE2_SPTR)line.p, line.n, 0, 0, pattern->match, pattern->limits);
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(pattern->match);

    if (groups == PCRE2_ERROR_NOMATCH)
        return PATTERN_NO;
    if (groups < 0)
        return PATTERN_TOO_HARD;
    *name = (struct span){line.p, 0};
    /* A group that did not match is unset. If it follows the last group that matched, it is not counted in
     * `groups`. With \K, the end of a group can precede its start. */
    if ((int)pattern->group < groups && at[2 * pattern->group] != PCRE2_UNSET &&
        at[2 * pattern->group] <= at[2 * pattern->group + 1])
        *name = (struct span){line.p + at[2 * pattern->group],
                              at[2 * pattern->group + 1] - at[2 * pattern->group]};
    return PATTERN_YES;
}
