#include "gateway/kernel/nft_table.h"

#include "base/buf.h"
#include "sys/event_watch.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 8192 };

struct nft_table {
    struct mnl_socket *socket;
    struct event *readable;
    const struct nft_table_watched *watched;
    struct nft_table_state {
        uint64_t handle;
        bool is_damaged;
    } now, reported;           /* reported: the state at the start, or at the last call of `changed` */
    uint32_t request_sequence; /* sequence number of our last request */
    int error;                 /* errno in the reply, or 0 */
    bool is_answered;
    void (*changed)(void *context);
    void *context;
};

static bool send_request(struct nft_table *table)
{
    _Alignas(struct nlmsghdr) char buffer[256] = {0};
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    struct nfgenmsg *header;

    request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = ++table->request_sequence;
    header = mnl_nlmsg_put_extra_header(request, sizeof *header);
    header->nfgen_family = NFPROTO_INET;
    header->version = NFNETLINK_V0;
    mnl_attr_put_strz(request, NFTA_TABLE_NAME, table->watched->name);
    table->is_answered = false;
    table->error = 0;
    return mnl_socket_sendto(table->socket, request, request->nlmsg_len) >= 0;
}

/* NLMSG_ERROR with error 0 is the end of the reply. */
static void take_end(struct nft_table *table, const struct nlmsghdr *message)
{
    const struct nlmsgerr *end = mnl_nlmsg_get_payload(message);

    if (message->nlmsg_seq != table->request_sequence)
        return;
    table->is_answered = true;
    if (end->error == -ENOENT)
        table->now.handle = 0;
    else
        table->error = -end->error;
}

/* The attributes of a message about a table or an object in a table; the first is always the table's name. */
struct attributes {
    const struct nlattr *at[NFTA_TABLE_HANDLE + 1];
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct attributes *attributes = context;

    if (mnl_attr_get_type(attribute) <= NFTA_TABLE_HANDLE)
        attributes->at[mnl_attr_get_type(attribute)] = attribute;
    return MNL_CB_OK;
}

static bool is_ours(const struct nft_table *table, const struct nlmsghdr *message,
                    struct attributes *attributes)
{
    const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);

    *attributes = (struct attributes){0};
    if (header->nfgen_family != NFPROTO_INET)
        return false;
    mnl_attr_parse(message, sizeof *header, take_attribute, attributes);
    return attributes->at[NFTA_TABLE_NAME] &&
           strcmp(mnl_attr_get_str(attributes->at[NFTA_TABLE_NAME]), table->watched->name) == 0;
}

static bool is_in_free_chain(const struct nft_table *table, const struct attributes *attributes)
{
    const struct nlattr *chain = attributes->at[NFTA_RULE_CHAIN];

    for (const char *const *at = table->watched->free_chains; chain && *at; at++)
        if (strcmp(mnl_attr_get_str(chain), *at) == 0)
            return true;
    return false;
}

static void take_table(struct nft_table *table, const struct nlattr *handle)
{
    if (handle && be64toh(mnl_attr_get_u64(handle)) != table->now.handle)
        table->now = (struct nft_table_state){.handle = be64toh(mnl_attr_get_u64(handle))};
}

/* An anonymous object, such as a vmap's set, is removed together with its rule. */
static bool is_anonymous(const struct attributes *attributes)
{
    const struct nlattr *name = attributes->at[NFTA_SET_NAME];

    return name && strncmp(mnl_attr_get_str(name), "__", 2) == 0;
}

static void take_ours(struct nft_table *table, int type, const struct attributes *attributes)
{
    if (type == NFT_MSG_NEWTABLE)
        take_table(table, attributes->at[NFTA_TABLE_HANDLE]);
    else if (type == NFT_MSG_DELTABLE)
        table->now = (struct nft_table_state){0};
    else if (type == NFT_MSG_DELCHAIN || (type == NFT_MSG_DELSET && !is_anonymous(attributes)))
        table->now.is_damaged = true;
    else if (type == NFT_MSG_DELRULE && !is_in_free_chain(table, attributes))
        table->now.is_damaged = true;
}

/* Replies and notifications have the same form. */
static void take(struct nft_table *table, const struct nlmsghdr *message)
{
    struct attributes attributes;

    if (message->nlmsg_type == NLMSG_ERROR)
        take_end(table, message);
    else if (message->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES && is_ours(table, message, &attributes))
        take_ours(table, message->nlmsg_type & 0xff, &attributes);
}

/* Receives one datagram. False with errno: EAGAIN if there is none, ENOBUFS if the socket buffer has
 * overrun. */
static bool receive(struct nft_table *table)
{
    static _Alignas(struct nlmsghdr) char buffer[BUFFER_BYTES];
    ssize_t n = mnl_socket_recvfrom(table->socket, buffer, sizeof buffer);
    const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)buffer;
    int left = (int)n;

    if (n < 0)
        return errno == EINTR || errno == ENOSPC; /* ENOSPC: the datagram was too large, and is lost */
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
        take(table, message);
    return true;
}

/* Receives everything available. False: notifications were lost, because the socket buffer has overrun. */
static bool drain(struct nft_table *table)
{
    bool is_whole = true;

    for (;;) {
        if (receive(table))
            continue;
        if (errno != ENOBUFS)
            return is_whole;
        is_whole = false;
    }
}

/* Receives everything available. If notifications were lost, empties the socket buffer, then requests the
 * current state. */
static void catch_up(struct nft_table *table)
{
    while (!drain(table) && send_request(table))
        ;
}

static bool has_news(const struct nft_table *table)
{
    return table->now.handle != table->reported.handle || table->now.is_damaged != table->reported.is_damaged;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct nft_table *table = context;

    catch_up(table);
    if (!has_news(table))
        return;
    table->reported = table->now;
    table->changed(table->context);
}

static bool set_non_blocking(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/* The kernel sends the reply within the system call of the request, so no wait is needed. */
static bool begin(struct nft_table *table)
{
    int group = NFNLGRP_NFTABLES;

    if (mnl_socket_bind(table->socket, 0, MNL_SOCKET_AUTOPID) != 0 ||
        mnl_socket_setsockopt(table->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0 ||
        !set_non_blocking(mnl_socket_get_fd(table->socket)) || !send_request(table))
        return false;
    while (!table->is_answered)
        if (!receive(table))
            return false;
    errno = table->error;
    return !table->error;
}

struct nft_table *nft_table_new(struct event_base *base, const struct nft_table_watched *watched,
                                void (*changed)(void *context), void *context)
{
    struct nft_table *table = mem_alloc_zero(sizeof *table);

    *table = (struct nft_table){.watched = watched, .changed = changed, .context = context};
    table->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    if (!table->socket || !begin(table)) {
        int error = errno;

        nft_table_free(&table);
        errno = error;
        return NULL;
    }
    table->readable =
        event_new(base, mnl_socket_get_fd(table->socket), EV_READ | EV_PERSIST, on_readable, table);
    event_watch(table->readable);
    table->reported = table->now;
    return table;
}

bool nft_table_is_whole(struct nft_table *table)
{
    catch_up(table);
    if (has_news(table))
        event_active(table->readable, EV_READ, 0);
    return table->now.handle && !table->now.is_damaged;
}

uint64_t nft_table_handle(const struct nft_table *table)
{
    return table->now.handle;
}

void nft_table_free(struct nft_table **table)
{
    if (!*table)
        return;
    if ((*table)->readable)
        event_free((*table)->readable);
    if ((*table)->socket)
        mnl_socket_close((*table)->socket);
    free(*table);
    *table = NULL;
}
