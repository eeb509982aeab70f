#include "page/page_reply.h"

struct kind {
    const char *status;
    const char *type;
    const char *body; /* NULL: the caller has it */
    const char *fields;
};

#define TEXT "text/plain; charset=utf-8"

static const struct kind kinds[] = {
    [PAGE_HOME] = {"200 OK", "text/html; charset=utf-8", NULL, ""},
    [PAGE_PEM] = {"200 OK", "application/x-pem-file", NULL,
                  "Content-Disposition: attachment; filename=\"postern.pem\"\r\n"},
    [PAGE_DER] = {"200 OK", "application/x-x509-ca-cert", NULL,
                  "Content-Disposition: attachment; filename=\"postern.crt\"\r\n"},
    [PAGE_PROFILE] = {"200 OK", "application/x-apple-aspen-config", NULL,
                      "Content-Disposition: attachment; filename=\"postern.mobileconfig\"\r\n"},
    [PAGE_UNKNOWN] = {"404 Not Found", TEXT, "There is no such page.\n", ""},
    [PAGE_NOT_ALLOWED] = {"405 Method Not Allowed", TEXT, "Only GET and HEAD are possible.\n",
                          "Allow: GET, HEAD\r\n"},
    [PAGE_BAD] = {"400 Bad Request", TEXT, "This is not a request of HTTP/1.\n", ""},
    [PAGE_TOO_LARGE] = {"431 Request Header Fields Too Large", TEXT, "The request is too large.\n", ""},
};

void page_reply_add(const struct page_request *request, struct span body, struct buf *out)
{
    const struct kind *kind = &kinds[request->route];

    if (kind->body)
        body = span_of(kind->body);
    buf_add_format(out,
                   "HTTP/1.1 %s\r\n"
                   "Content-Type: %s\r\n"
                   "Content-Length: %zu\r\n"
                   "Cache-Control: no-store\r\n"
                   "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
                   "X-Content-Type-Options: nosniff\r\n"
                   "Connection: close\r\n"
                   "%s\r\n",
                   kind->status, kind->type, body.n, kind->fields);
    if (!request->is_head)
        buf_add(out, body);
}
