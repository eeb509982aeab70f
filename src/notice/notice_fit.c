#include "notice/notice_fit.h"

#include "base/base64.h"
#include "base/text.h"
#include "notice/notice_mime.h"
#include "notice/transliterate.h"

enum { LINE_MAX_OCTETS = 900 };

/* Converts LF to CRLF before encoding. */
static void add_base64_text(struct buf *out, struct span body)
{
    struct buf text = {0};

    notice_mime_body(&text, body, "8bit");
    base64_add(out, buf_span(&text));
    buf_fini(&text);
}

/* Returns how many bytes of the line fit into one output line. No character is split. */
static size_t first_piece_length(struct span line)
{
    size_t n = LINE_MAX_OCTETS;

    if (line.n <= n)
        return line.n;
    while (n > LINE_MAX_OCTETS - 4 && ((unsigned char)line.p[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* Adds the body unencoded. Breaks lines that are too long, and adds a space to a lone dot. */
static void add_plain(struct buf *out, struct span body)
{
    while (body.n) {
        const char *end = memchr(body.p, '\n', body.n);
        struct span line = span_first(body, end ? (size_t)(end - body.p) : body.n);

        body = span_from(body, line.n + 1);
        do {
            struct span piece = span_first(line, first_piece_length(line));

            buf_add(out, piece);
            buf_add(out, span_eq(piece, SPAN(".")) ? SPAN(" \r\n") : SPAN("\r\n"));
            line = span_from(line, piece.n);
        } while (line.n);
    }
}

static void add_in_encoding(struct buf *out, struct span body, enum mail_layout_encoding encoding)
{
    switch (encoding) {
    case MAIL_LAYOUT_PLAIN: add_plain(out, body); break;
    case MAIL_LAYOUT_QUOTED_PRINTABLE: notice_mime_body(out, body, "quoted-printable"); break;
    case MAIL_LAYOUT_BASE64: add_base64_text(out, body); break;
    }
}

static const char *encoding_name(enum mail_layout_encoding encoding, struct span body)
{
    switch (encoding) {
    case MAIL_LAYOUT_QUOTED_PRINTABLE: return "quoted-printable";
    case MAIL_LAYOUT_BASE64: return "base64";
    case MAIL_LAYOUT_PLAIN: break;
    }
    return text_is_ascii(body) ? "7bit" : "8bit";
}

static void add_single(const struct mail_layout *layout, const char *type, struct span body, struct buf *out)
{
    enum mail_layout_encoding encoding = (enum mail_layout_encoding)layout->encoding;

    buf_add_format(out,
                   "Content-Type: %s\r\n"
                   "Content-Transfer-Encoding: %s\r\n\r\n",
                   type, encoding_name(encoding, body));
    add_in_encoding(out, body, encoding);
}

/* Converts the text to the original's character set. If some characters cannot be converted, writes UTF-8
 * instead: a client that uses the notice's own header shows that correctly. */
static void add_text(const struct mail_layout *layout, struct span body, struct buf *out)
{
    const char *type = "text/plain; charset=us-ascii";
    struct buf text = {0};
    bool is_exact = false;

    if (layout->charset == MAIL_LAYOUT_LATIN1) {
        type = "text/plain; charset=iso-8859-1";
        is_exact = transliterate_latin1(body, &text);
    } else if (layout->charset != MAIL_LAYOUT_UTF8) {
        is_exact = transliterate_ascii(body, &text);
    }
    add_single(layout, is_exact ? type : "text/plain; charset=utf-8", is_exact ? buf_span(&text) : body, out);
    buf_fini(&text);
}

static void add_html_char(struct buf *html, uint32_t code)
{
    switch (code) {
    case '<': buf_add(html, SPAN("&lt;")); break;
    case '>': buf_add(html, SPAN("&gt;")); break;
    case '&': buf_add(html, SPAN("&amp;")); break;
    default:
        if (code < 0x80)
            buf_add_char(html, (char)code);
        else
            buf_add_format(html, "&#%u;", (unsigned)code);
    }
}

static void add_html(const struct mail_layout *layout, struct span body, struct buf *out)
{
    struct buf html = {0};

    buf_add(&html, SPAN("<html><body><pre>\n"));
    while (body.n) {
        uint32_t code = '?';
        size_t n = text_char(body, &code);

        add_html_char(&html, code);
        body = span_from(body, n ? n : 1);
    }
    buf_add(&html, SPAN("</pre></body></html>\n"));
    add_single(layout, "text/html; charset=us-ascii", buf_span(&html), out);
    buf_fini(&html);
}

static bool may_contain_boundary(struct span body)
{
    return span_starts(body, SPAN("--")) || (body.n && memmem(body.p, body.n, "\n--", 3));
}

/* Uses base64 if the body would need quoted-printable, or if a line of the body could be mistaken for the
 * boundary. */
static void add_multipart(const struct mail_layout *layout, struct span body, struct buf *out)
{
    const char *simplest = notice_mime_encoding(body);
    bool is_base64 = may_contain_boundary(body) || strcmp(simplest, "quoted-printable") == 0;
    const char *encoding = is_base64 ? "base64" : simplest;

    buf_add_format(out,
                   "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n"
                   "Content-Transfer-Encoding: 8bit\r\n\r\n"
                   "--%s\r\n"
                   "Content-Type: text/plain; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: %s\r\n\r\n",
                   layout->boundary, layout->boundary, encoding);
    if (is_base64)
        add_base64_text(out, body);
    else
        notice_mime_body(out, body, encoding);
    buf_add_format(out, "\r\n--%s--\r\n", layout->boundary);
}

void notice_fit(const struct mail_layout *layout, struct span body, struct buf *out)
{
    switch ((enum mail_layout_type)layout->type) {
    case MAIL_LAYOUT_TEXT: add_text(layout, body, out); break;
    case MAIL_LAYOUT_HTML: add_html(layout, body, out); break;
    case MAIL_LAYOUT_MULTIPART: add_multipart(layout, body, out); break;
    case MAIL_LAYOUT_OTHER: add_single(layout, "text/plain; charset=utf-8", body, out); break;
    }
}
