#include "address.h"

#include "names.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *mio__lua_address_text(lua_State *L, const mio_addr *addr)
{
    char text[MIO_ADDR_TEXT_MAX];
    const int length = mio_addr_format(addr, text, sizeof text);

    return lua_pushlstring(L, text, length < 0 ? 0 : (size_t)length);
}

/* The bytes are the key of the table of addresses: equal addresses have equal ones. */
void mio__lua_address_push(lua_State *L, const mio_addr *addr)
{
    mio__lua_address *address;

    lua_getiuservalue(L, lua_upvalueindex(1), STATE_ADDRESSES);
    lua_pushlstring(L, (const char *)addr->storage.bytes, addr->size);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
        lua_pop(L, 1);
        address = mio__lua_class_new(L, CLASS_ADDRESS, sizeof *address, 0);
        address->addr = *addr;
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void mio__lua_address_push_any(lua_State *L, const mio_addr *addr)
{
    if (addr->size == 0)
        lua_pushnil(L);
    else
        mio__lua_address_push(L, addr);
}

bool mio__lua_address_test(lua_State *L, int arg, mio_addr *ret_addr)
{
    const mio__lua_address *address =
        mio__lua_class_test(L, arg, CLASS_ADDRESS, sizeof *address);
    const char *text;
    size_t size;

    if (address != NULL) {
        *ret_addr = address->addr;
        return true;
    }
    if (lua_type(L, arg) != LUA_TSTRING)
        return false;
    text = lua_tolstring(L, arg, &size);
    return mio_addr_parse_bytes(text, size, ret_addr) == 0;
}

/* What is wrong with a text, where that can be told for certain. */
static const char *check_reason(lua_State *L, int arg)
{
    size_t size;
    const char *text = lua_tolstring(L, arg, &size), *colon = strrchr(text, ':');
    const bool has_port =
        colon != NULL && colon[1] != '\0' && colon[1 + strspn(colon + 1, "0123456789")] == '\0';
    mio_addr addr;
    const int err = mio_addr_parse_bytes(text, size, &addr);

    if (err == -ENAMETOOLONG)
        return "a Unix path has 107 bytes at most";
    if (err == -ENODEV)
        return "no such interface";
    if (has_port && colon[1] != '0' && strtol(colon + 1, NULL, 10) > UINT16_MAX)
        return "a port is 0 to 65535";
    if (has_port && isalpha((unsigned char)text[0]) && strchr(text, ':') == colon)
        return "host names are not looked up";
    return "expected 1.2.3.4:80, [::1]:80, unix:/path, unix:@name";
}

void mio__lua_address_check(lua_State *L, int arg, mio_addr *ret_addr)
{
    if (mio__lua_address_test(L, arg, ret_addr))
        return;
    if (lua_type(L, arg) != LUA_TSTRING)
        luaL_typeerror(L, arg, "address");
    lua_pushfstring(L, "'%s' is no address (%s)", lua_tostring(L, arg), check_reason(L, arg));
    luaL_argerror(L, arg, lua_tostring(L, -1));
}

int mio__lua_address_create(lua_State *L)
{
    mio_addr addr;

    mio__lua_address_check(L, 1, &addr);
    mio__lua_address_push(L, &addr);
    return 1;
}

static const mio_addr *address_check(lua_State *L, int arg)
{
    const mio__lua_address *address =
        mio__lua_class_check(L, arg, CLASS_ADDRESS, sizeof *address);

    return &address->addr;
}

static int address_push_host(lua_State *L, const mio_addr *addr)
{
    char host[MIO_ADDR_TEXT_MAX];
    int length = mio_addr_host(addr, host, sizeof host);

    lua_pushlstring(L, host, (size_t)length);
    return 1;
}

static int address_push_port(lua_State *L, const mio_addr *addr)
{
    const int port = mio_addr_port(addr);

    if (port < 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, port);
    return 1;
}

static int address_push_family(lua_State *L, const mio_addr *addr)
{
    static const char *const names[] = {[MIO_NO_FAMILY] = "none",
                                        [MIO_IPV4] = "ipv4",
                                        [MIO_IPV6] = "ipv6",
                                        [MIO_UNIX] = "unix"};

    lua_pushstring(L, names[mio_addr_family(addr)]);
    return 1;
}

/* address.host, address.port, address.family */
static int address_index(lua_State *L)
{
    const mio_addr *addr = address_check(L, 1);

    if (mio__lua_name_is(L, 2, "host"))
        return address_push_host(L, addr);
    if (mio__lua_name_is(L, 2, "port"))
        return address_push_port(L, addr);
    if (mio__lua_name_is(L, 2, "family"))
        return address_push_family(L, addr);
    lua_pushnil(L);
    return 1;
}

static int address_tostring(lua_State *L)
{
    mio__lua_address_text(L, address_check(L, 1));
    return 1;
}

static int address_less(lua_State *L)
{
    lua_pushboolean(L, mio_addr_compare(address_check(L, 1), address_check(L, 2)) < 0);
    return 1;
}

static int address_less_or_equal(lua_State *L)
{
    lua_pushboolean(L, mio_addr_compare(address_check(L, 1), address_check(L, 2)) <= 0);
    return 1;
}

void mio__lua_address_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg meta[] = {
        {"__index", address_index},
        {"__tostring", address_tostring},
        {"__lt", address_less},
        {"__le", address_less_or_equal},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_ADDRESS, "mio.address", methods, meta);
}
