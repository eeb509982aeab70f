#include "net/nft_table.h"

#include "base/buf.h"

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

enum { ROOM_BYTES = 8192 };

struct nft_table {
    struct mnl_socket *socket;
    struct event *readable;
    const char *name;
    uint64_t handle;
    uint32_t asked; /* how often: our question's number */
    int error;      /* what came in the table's stead */
    bool is_answered;
    void (*changed)(void *context);
    void *context;
};

static bool ask(struct nft_table *table)
{
    _Alignas(struct nlmsghdr) char room[256] = {0};
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    struct nfgenmsg *head;

    request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = ++table->asked;
    head = mnl_nlmsg_put_extra_header(request, sizeof *head);
    head->nfgen_family = NFPROTO_INET;
    head->version = NFNETLINK_V0;
    mnl_attr_put_strz(request, NFTA_TABLE_NAME, table->name);
    table->is_answered = false;
    table->error = 0;
    return mnl_socket_sendto(table->socket, request, request->nlmsg_len) >= 0;
}

/* No error: what there was to say has been said before. */
static void take_end(struct nft_table *table, const struct nlmsghdr *message)
{
    const struct nlmsgerr *end = mnl_nlmsg_get_payload(message);

    if (message->nlmsg_seq != table->asked)
        return;
    table->is_answered = true;
    if (end->error == -ENOENT)
        table->handle = 0;
    else
        table->error = -end->error;
}

struct told {
    const char *name;
    uint64_t handle;
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct told *told = context;

    if (mnl_attr_get_type(attribute) == NFTA_TABLE_NAME)
        told->name = mnl_attr_get_str(attribute);
    else if (mnl_attr_get_type(attribute) == NFTA_TABLE_HANDLE)
        told->handle = be64toh(mnl_attr_get_u64(attribute));
    return MNL_CB_OK;
}

static bool is_ours(const struct nft_table *table, const struct nlmsghdr *message, uint64_t *handle)
{
    const struct nfgenmsg *head = mnl_nlmsg_get_payload(message);
    struct told told = {0};

    if (head->nfgen_family != NFPROTO_INET)
        return false;
    mnl_attr_parse(message, sizeof *head, take_attribute, &told);
    *handle = told.handle;
    return told.name && strcmp(told.name, table->name) == 0;
}

/* Answers and what was not asked for look the same. */
static void take(struct nft_table *table, const struct nlmsghdr *message)
{
    uint64_t handle = 0;

    if (message->nlmsg_type == NLMSG_ERROR)
        take_end(table, message);
    else if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE) &&
             is_ours(table, message, &handle))
        table->handle = handle;
    else if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE) &&
             is_ours(table, message, &handle))
        table->handle = 0;
}

/* One datagram. False with errno: EAGAIN when there is none. */
static bool receive(struct nft_table *table)
{
    static _Alignas(struct nlmsghdr) char room[ROOM_BYTES];
    ssize_t n = mnl_socket_recvfrom(table->socket, room, sizeof room);
    const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)room;
    int left = (int)n;

    if (n < 0)
        return errno == EINTR || errno == ENOSPC; /* the latter: more than there was room for */
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
        take(table, message);
    return true;
}

/* All that is there. False: more has happened than the socket could hold. */
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

/* Where something was missed, what is true now is asked for, but only when the socket has room again. */
static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct nft_table *table = context;
    uint64_t before = table->handle;

    while (!drain(table) && ask(table))
        ;
    if (table->handle != before)
        table->changed(table->context);
}

static bool set_non_blocking(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/* The kernel answers within the question's own system call. */
static bool begin(struct nft_table *table)
{
    int group = NFNLGRP_NFTABLES;

    if (mnl_socket_bind(table->socket, 0, MNL_SOCKET_AUTOPID) != 0 ||
        mnl_socket_setsockopt(table->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0 ||
        !set_non_blocking(mnl_socket_get_fd(table->socket)) || !ask(table))
        return false;
    while (!table->is_answered)
        if (!receive(table))
            return false;
    errno = table->error;
    return !table->error;
}

struct nft_table *nft_table_new(struct event_base *base, const char *name, void (*changed)(void *context),
                                void *context)
{
    struct nft_table *table = mem_alloc_zero(sizeof *table);

    *table = (struct nft_table){.name = name, .changed = changed, .context = context};
    table->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    if (!table->socket || !begin(table)) {
        int error = errno;

        nft_table_free(&table);
        errno = error;
        return NULL;
    }
    table->readable =
        event_new(base, mnl_socket_get_fd(table->socket), EV_READ | EV_PERSIST, on_readable, table);
    event_add(table->readable, NULL);
    return table;
}

uint64_t nft_table_handle(const struct nft_table *table)
{
    return table->handle;
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
