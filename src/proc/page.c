#include "base/address.h"
#include "base/log.h"
#include "net/listen.h"
#include "page/page_home.h"
#include "page/page_reply.h"
#include "proc/ipc/backend_loop.h"
#include "proc/ipc/child.h"
#include "proc/page_server.h"
#include "sys/durable.h"
#include "sys/process.h"
#include "sys/sandbox.h"
#include "x509/authority.h"
#include "x509/certificate.h"
#include "x509/mobileconfig.h"

#include <openssl/x509.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* The page process: serves [tls] page, from which clients download the certificate of the authority.
 *
 * It reads the certificate and opens its sockets as root. Then it gives up root. After that it can access no
 * file and no network except the sockets that it has. Relays tell it which clients accept or reject the
 * certificate; it tells relays nothing. */

struct page {
    struct backend_loop loop;
    const struct child_start *start;
    int sockets[INET_LIST_MAX];
    size_t socket_count;
    struct page_server *server;
    struct buf name, fingerprint, files[PAGE_UNKNOWN]; /* PAGE_HOME has none */
    struct page_clients clients;
    uint64_t started_ms;
};

/* The address as text, without its port. */
static void print_host(const union inet_address *address, struct buf *out)
{
    char text[ADDRESS_TEXT_SIZE];
    union inet_address plain = *address;
    const char *end;

    address_unmap(&plain);
    address_format(&plain.any, text);
    end = strrchr(text, ':');
    buf_add(out, (struct span){text, end ? (size_t)(end - text) : strlen(text)});
}

static void add_home(const struct page *page, const union inet_address *visitor, struct buf *out)
{
    uint8_t id[ADDRESS_CLIENT_SIZE];
    const struct page_client *client;
    struct buf host = {0};

    address_bytes(&visitor->any, id);
    client = page_clients_find(&page->clients, id);
    print_host(visitor, &host);
    page_home_add(
        &(struct page_home){
            .authority = buf_span(&page->name),
            .fingerprint = buf_span(&page->fingerprint),
            .visitor = buf_span(&host),
            .outcome = client ? client->outcome : PAGE_UNSEEN,
            .ago_s = (process_clock_ms() - (client ? client->at_ms : page->started_ms)) / 1000,
        },
        out);
    buf_fini(&host);
}

static void on_visitor(void *context, const union inet_address *visitor, const struct page_request *request,
                       struct buf *out)
{
    const struct page *page = context;
    struct buf home = {0};
    struct span body = {0};

    if (request->route == PAGE_HOME) {
        add_home(page, visitor, &home);
        body = buf_span(&home);
    } else if (request->route < PAGE_UNKNOWN) {
        body = buf_span(&page->files[request->route]);
    }
    page_reply_add(request, body, out);
    buf_fini(&home);
}

static void on_report(void *context, struct ipc *relay, enum ipc_kind kind, const void *payload, int fd)
{
    const struct ipc_tls_client *report = payload;
    struct page *page = context;

    if (report->outcome != PAGE_ACCEPTED && report->outcome != PAGE_REJECTED)
        ipc_violation(relay, "an unknown outcome");
    else
        page_clients_note(&page->clients, report->client, report->outcome, process_clock_ms());
}

/* Connections that arrive from now on are for the process that replaces this one. */
static void on_stopping(void *context)
{
    page_server_stop(((struct page *)context)->server);
}

static const struct backend_loop_work work = {
    .self = ROLE_PAGE, .request = on_report, .stopping = on_stopping};

static bool read_certificate(struct page *page, struct buf *error)
{
    int directory = durable_open_directory(page->start->conf->tls.directory, error);
    X509 *certificate = directory >= 0 ? authority_read_certificate(directory, LEAF_TRUSTED, error) : NULL;

    if (certificate) {
        certificate_print_name(certificate, &page->name);
        certificate_print_fingerprint(certificate, &page->fingerprint);
        certificate_add_pem(certificate, &page->files[PAGE_PEM]);
        certificate_add_der(certificate, &page->files[PAGE_DER]);
        mobileconfig_add(certificate, &page->files[PAGE_PROFILE]);
    }
    X509_free(certificate);
    if (directory >= 0)
        close(directory);
    return certificate != NULL;
}

static bool open_sockets(struct page *page, struct buf *error)
{
    const struct inet_addresses *wanted = &page->start->conf->tls.page;

    for (size_t i = 0; i < wanted->n; i++) {
        int fd = listen_open(&wanted->at[i], false);

        if (fd < 0) {
            listen_add_failure(&wanted->at[i], error);
            return false;
        }
        page->sockets[page->socket_count++] = fd;
    }
    return true;
}

/* The sockets remain in the network namespace in which they were opened. */
static void leave_network(void)
{
    if (geteuid() == 0 && !sandbox_leave_network())
        log_text(EVENT_sandbox_weaker, "no network namespace: %m");
}

static bool enter_sandbox(void)
{
    static const int calls[] = {SCMP_SYS(accept4), SCMP_SYS(ioctl)};

    return sandbox_restrict_paths(NULL, 0, false) &&
           sandbox_restrict_calls(calls, sizeof calls / sizeof *calls);
}

static bool prepare(struct page *page)
{
    struct buf error = {0};
    bool is_prepared = read_certificate(page, &error) && open_sockets(page, &error);

    if (!is_prepared)
        log_text(EVENT_page_failed, "%s", buf_c_str(&error));
    buf_fini(&error);
    if (!is_prepared)
        return false;
    leave_network();
    return page->start->drop(page->start) && enter_sandbox();
}

static void serve(struct page *page)
{
    page->started_ms = process_clock_ms();
    page->server = page_server_new(page->loop.base, page->sockets, page->socket_count, on_visitor, page);
    backend_loop_open(&page->loop, page->start->parent_fd);
    backend_loop_ready(&page->loop);
    event_base_dispatch(page->loop.base);
    backend_loop_close(&page->loop);
    page_server_free(&page->server);
}

int page_main(const struct child_start *start)
{
    struct page *page = mem_alloc_zero(sizeof *page);
    int status = EXIT_CONFIG;

    signal(SIGPIPE, SIG_IGN);
    page->start = start;
    backend_loop_init(&page->loop, &work, page);
    if (prepare(page)) {
        serve(page);
        status = EXIT_SUCCESS;
    }
    event_base_free(page->loop.base);
    buf_fini(&page->name);
    buf_fini(&page->fingerprint);
    for (size_t i = 0; i < PAGE_UNKNOWN; i++)
        buf_fini(&page->files[i]);
    free(page);
    return status;
}
