/* page_request: requests for the page of [tls] page, by HTTP/1.1 (RFC 9112) and 1.0.
 *
 * Only the request line is of interest. Fields and a body are ignored, since every connection is closed after
 * one reply. Pure. */
#ifndef POSTERN_PAGE_PAGE_REQUEST_H
#define POSTERN_PAGE_PAGE_REQUEST_H

#include "base/span.h"

enum { PAGE_HEAD_MAX = 8192 };

enum page_route {
    PAGE_HOME,        /* / */
    PAGE_PEM,         /* /postern.pem */
    PAGE_DER,         /* /postern.crt */
    PAGE_PROFILE,     /* /postern.mobileconfig */
    PAGE_UNKNOWN,     /* another path */
    PAGE_NOT_ALLOWED, /* a method other than GET and HEAD */
    PAGE_BAD,         /* not a request of HTTP/1 */
    PAGE_TOO_LARGE,   /* the head is longer than PAGE_HEAD_MAX */
};

struct page_request {
    enum page_route route;
    bool is_head; /* only the head of the reply is wanted */
};

/* Reads what a client has sent so far. False: the head is not complete. */
bool page_request_read(struct span bytes, struct page_request *request);

#endif
