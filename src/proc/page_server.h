/* page_server: accepts the visitors of the page, and sends each one reply.
 *
 * A visitor has PAGE_VISIT_S seconds for its request and the reply. There are at most PAGE_VISITS_MAX
 * connections, and at most PAGE_VISITS_PER_ADDRESS of them from one address. Further ones are closed at once.
 */
#ifndef POSTERN_PROC_PAGE_SERVER_H
#define POSTERN_PROC_PAGE_SERVER_H

#include "base/buf.h"
#include "base/inet.h"
#include "page/page_request.h"

#include <event2/event.h>

enum { PAGE_VISIT_S = 30, PAGE_VISITS_MAX = 128, PAGE_VISITS_PER_ADDRESS = 8 };

struct page_server;

/* Appends the reply. */
typedef void page_server_reply(void *context, const union inet_address *visitor,
                               const struct page_request *request, struct buf *out);

/* Takes the listening sockets, which must be non-blocking. */
struct page_server *page_server_new(struct event_base *base, const int *sockets, size_t count,
                                    page_server_reply *reply, void *context);
/* Closes the listening sockets. Open connections remain. */
void page_server_stop(struct page_server *server);
void page_server_free(struct page_server **server);

#endif
