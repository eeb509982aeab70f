/* notice: the message a client gets in place of one that was not let through [N1, N2].
 *
 * A template is a text file: header lines, an empty line, a body, with P3Scan's variables (%VIRUSNAME% ...).
 * Parsed once at start - an unknown variable is an error with file and line - and rendered for each incident
 * into a valid MIME message in UTF-8. Pure: reads no file, asks no clock, resolves no host name; all that
 * comes in through struct notice_host and struct incident. Nothing in an incident is trusted: values are
 * cleaned, cut, encoded (RFC 2047 in header lines), so that no message can inject a header, a line "." or a
 * MIME part into its notice. */
#ifndef POSTERN_NOTICE_NOTICE_H
#define POSTERN_NOTICE_NOTICE_H

#include "base/buf.h"
#include "core/incident.h"
#include "mail/mail_layout.h"

struct notice_template; /* owns its bytes */

/* What is the same for all notices of this gateway; borrowed by the template, all UTF-8. */
struct notice_host {
    const char *host_name;   /* mercure */
    const char *domain_name; /* example.net; may be empty */
    const char *version;
    const char *subject;  /* [notice] subject: the virus name is put behind it; empty: our own words */
    const char *deleted;  /* [notice] deleted: %VDINFO% of a destroyed original; empty: our own words */
    const char *language; /* [notice] language: where the template has no Content-Language; may be NULL */
};

/* NULL if the text is no template; *error then says what is wrong ("3: unknown variable %VIRUSNAM%", line
 * first).
 *
 * P3Scan's templates are taken as they are: the charset that Content-Type names (UTF-8 without one), a last
 * line ".". Header fields that a notice has of its own (MIME-Version, Content-*, Message-ID, Date, ...) are
 * passed over; Content-Language chooses the words for %VDINFO% and for what is unknown. Subject, with
 * variables, takes the place of [notice] subject and virus name. From, Sender, Reply-To, To and Cc take the
 * original's place if they say one address without asking the message (no variables but the host's); any
 * other field is added. Of fields of one name the first counts. */
struct notice_template *notice_template_new(struct span text, const struct notice_host *host,
                                            struct buf *error);
void notice_template_free(struct notice_template **template);

/* Appends the notice, CRLF lines, not dot-stuffed, no final ".". kept may be NULL. The same for the same
 * incident, always. */
void notice_render(const struct notice_template *template, const struct incident *incident,
                   const struct kept_header *kept, struct buf *out);
/* The same for a client that may read the notice's body by the original's header: notice/notice_fit. layout:
 * of that header; NULL: it has not seen it. */
void notice_render_fit(const struct notice_template *template, const struct incident *incident,
                       const struct kept_header *kept, const struct mail_layout *layout, struct buf *out);

#endif
