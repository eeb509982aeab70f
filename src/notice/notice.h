/* notice: the message that a client receives in place of one that was not delivered [N1, N2].
 *
 * A template is a text file: header lines, an empty line and a body, with P3Scan's variables (%VIRUSNAME%
 * ...). It is parsed once at start; an unknown variable is an error with its line number. For each incident
 * it is rendered into a valid MIME message. Nothing in an incident is trusted: values are cleaned, truncated
 * and encoded (RFC 2047 in header lines). So no message can inject a header field, a "." line or a MIME part
 * into its notice. Pure: it reads no file and no clock, and resolves no host name. */
#ifndef POSTERN_NOTICE_NOTICE_H
#define POSTERN_NOTICE_NOTICE_H

#include "base/buf.h"
#include "core/incident.h"
#include "mail/mail_layout.h"

struct notice_template; /* owns the text that it was made from */

/* Values that are the same for all notices of a template, in UTF-8. The template keeps the pointers. */
struct notice_host {
    const char *host_name;   /* "mercure" */
    const char *domain_name; /* "example.net"; may be empty */
    const char *version;
    const char *subject;  /* [notice] subject; the virus name is appended; empty: built-in words */
    const char *deleted;  /* [notice] deleted: %VDINFO% for a destroyed original; empty: built-in words */
    const char *language; /* [notice] language, if the template has no Content-Language; may be NULL */
};

/* Parses a template. Returns NULL if it is invalid; *error has the line number and the reason ("3: unknown
 * variable %VIRUSNAM%").
 *
 * P3Scan's templates are accepted unchanged. The charset is the one that Content-Type names (default UTF-8).
 * A last line "." is ignored. Rules for the header fields of a template:
 *
 *   - A field that a notice generates itself (MIME-Version, Content-*, Message-ID, Date, ...) is ignored.
 *     Nevertheless Content-Language selects the language of %VDINFO% and of unknown values.
 *   - Subject, which may have variables, replaces [notice] subject and the virus name.
 *   - From, Sender, Reply-To, To and Cc replace the original's field. Each must contain one address. A field
 *     with a variable that depends on the message is ignored.
 *   - Any other field replaces the original's field of that name, or is added.
 *   - If a field name is repeated, the first field counts. */
struct notice_template *notice_template_new(struct span text, const struct notice_host *host,
                                            struct buf *error);
void notice_template_free(struct notice_template **template);

/* Appends the notice, with CRLF line ends, neither byte-stuffed nor terminated by ".". `kept` may be NULL.
 * The output depends on the arguments alone. */
void notice_render(const struct notice_template *template, const struct incident *incident,
                   const struct kept_header *kept, struct buf *out);
/* As notice_render, but for a client that may parse the notice's body according to the original's header
 * (notice/notice_fit). `layout` comes from that header; NULL: the client has not seen it. */
void notice_render_fit(const struct notice_template *template, const struct incident *incident,
                       const struct kept_header *kept, const struct mail_layout *layout, struct buf *out);

#endif
