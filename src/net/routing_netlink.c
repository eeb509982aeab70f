#include "net/routing_internal.h"

#include <errno.h>

/* Maximum number of requests, if the list changes during each dump. */
enum { ATTEMPTS = 50 };

struct answers {
    void (*got)(void *context, const struct nlmsghdr *message);
    void *context;
};

static int pass_on(const struct nlmsghdr *message, void *context)
{
    struct answers *answers = context;

    answers->got(answers->context, message);
    return MNL_CB_OK;
}

static int ignore(const struct nlmsghdr *message, void *context)
{
    return MNL_CB_OK;
}

/* Appends the whole answer to *raw: one message or, for a dump, all messages until the end marker. False with
 * errno; EINTR: the data changed during the dump. */
static bool receive(struct mnl_socket *socket, const struct nlmsghdr *request, struct buf *raw)
{
    static _Alignas(struct nlmsghdr) char buffer[65536];
    bool is_dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    int more = MNL_CB_OK;

    while (more == MNL_CB_OK) {
        ssize_t n = mnl_socket_recvfrom(socket, buffer, sizeof buffer);

        if (n < 0)
            return false;
        more = mnl_cb_run(buffer, (size_t)n, request->nlmsg_seq, mnl_socket_get_portid(socket), ignore, NULL);
        buf_add(raw, (struct span){buffer, (size_t)n});
        while (raw->n % NLMSG_ALIGNTO)
            buf_add_char(raw, '\0');
        if (!is_dump && more == MNL_CB_OK)
            more = MNL_CB_STOP;
    }
    return more == MNL_CB_STOP;
}

static bool request_once(struct nlmsghdr *request, struct buf *raw)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    bool is_answered;
    int error;

    if (!socket)
        return false;
    request->nlmsg_seq = 1;
    is_answered = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
                  mnl_socket_sendto(socket, request, request->nlmsg_len) >= 0 &&
                  receive(socket, request, raw);
    error = errno;
    mnl_socket_close(socket);
    errno = error;
    return is_answered;
}

bool routing_ask(struct nlmsghdr *request, void (*got)(void *context, const struct nlmsghdr *message),
                 void *context)
{
    struct answers answers = {got, context};
    struct buf raw = {0};
    bool is_answered = false;

    for (int i = 0; i < ATTEMPTS && !is_answered; i++) {
        buf_clear(&raw);
        is_answered = request_once(request, &raw);
        if (!is_answered && errno != EINTR)
            break;
    }
    if (is_answered)
        mnl_cb_run(raw.p, raw.n, request->nlmsg_seq, 0, pass_on, &answers);
    buf_fini(&raw);
    return is_answered;
}

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct routing_attributes *attributes = context;
    unsigned type = mnl_attr_get_type(attribute);

    if (type < ROUTING_ATTRIBUTE_MAX)
        attributes->at[type] = attribute;
    return MNL_CB_OK;
}

void routing_parse(const struct nlmsghdr *message, size_t header_size, struct routing_attributes *attributes)
{
    *attributes = (struct routing_attributes){0};
    mnl_attr_parse(message, (unsigned)header_size, take_attribute, attributes);
}

uint32_t routing_u32(const struct routing_attributes *attributes, unsigned type, uint32_t otherwise)
{
    const struct nlattr *attribute = attributes->at[type];

    return attribute && mnl_attr_get_payload_len(attribute) == sizeof(uint32_t) ? mnl_attr_get_u32(attribute)
                                                                                : otherwise;
}

bool routing_address(const struct nlattr *attribute, int family, union inet_address *address)
{
    size_t size = family == AF_INET ? sizeof address->in.sin_addr : sizeof address->in6.sin6_addr;

    if (!attribute || mnl_attr_get_payload_len(attribute) < size)
        return false;
    *address = (union inet_address){.any.sa_family = (sa_family_t)family};
    if (family == AF_INET)
        memcpy(&address->in.sin_addr, mnl_attr_get_payload(attribute), size);
    else
        memcpy(&address->in6.sin6_addr, mnl_attr_get_payload(attribute), size);
    return true;
}
