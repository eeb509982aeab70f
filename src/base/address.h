/* address: socket addresses as text, and tests for special addresses. Pure. */
#ifndef POSTERN_BASE_ADDRESS_H
#define POSTERN_BASE_ADDRESS_H

#include "base/inet.h"

enum { ADDRESS_TEXT_SIZE = 64, ADDRESS_CLIENT_SIZE = 16 };

/* Writes "192.168.0.10:1395" or "[2001:db8:1::4]:1395". If the family is another one, writes "unknown". */
void address_format(const struct sockaddr *address, char text[ADDRESS_TEXT_SIZE]);
uint16_t address_port(const union inet_address *address);
void address_set_port(union inet_address *address, uint16_t port);
socklen_t address_size(const union inet_address *address);
/* Converts an IPv4-mapped IPv6 address to IPv4 and keeps the port. Other addresses are unchanged. */
void address_unmap(union inet_address *address);

/* Writes what identifies a client: its IPv4 address as an IPv4-mapped one, or the /64 prefix of its IPv6
 * address and zeros. One host usually has a whole /64, and can use each of its addresses. */
void address_client(const struct sockaddr *address, uint8_t client[ADDRESS_CLIENT_SIZE]);

/* Writes the whole address; IPv4 as an IPv4-mapped one. */
void address_bytes(const struct sockaddr *address, uint8_t bytes[ADDRESS_CLIENT_SIZE]);

bool address_is_unspecified(const union inet_address *address); /* 0.0.0.0/8, :: and the obsolete ::a.b.c.d */
bool address_is_loopback(const union inet_address *address);    /* 127.0.0.0/8, ::1 */
bool address_is_multicast(const union inet_address *address);
bool address_is_broadcast(const union inet_address *address);               /* 255.255.255.255 */
bool address_same_host(const struct sockaddr *a, const struct sockaddr *b); /* without ports and scopes */

#endif
