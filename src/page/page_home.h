/* page_home: the text of the page of [tls] page, in HTML. Pure. */
#ifndef POSTERN_PAGE_PAGE_HOME_H
#define POSTERN_PAGE_PAGE_HOME_H

#include "base/buf.h"
#include "page/page_clients.h"

struct page_home {
    struct span authority;   /* its name */
    struct span fingerprint; /* SHA-256, in hexadecimal */
    struct span visitor;     /* the address of the device that asks */
    enum page_outcome outcome;
    uint64_t ago_s; /* since the outcome; PAGE_UNSEEN: since the page was started */
};

void page_home_add(const struct page_home *home, struct buf *out);

#endif
