/* page_reply: replies of the page of [tls] page. Pure. */
#ifndef POSTERN_PAGE_PAGE_REPLY_H
#define POSTERN_PAGE_PAGE_REPLY_H

#include "base/buf.h"
#include "page/page_request.h"

/* Appends the reply to the request. body: of a request that has a file; ignored for the others. */
void page_reply_add(const struct page_request *request, struct span body, struct buf *out);

#endif
