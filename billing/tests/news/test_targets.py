"""Where a webhook may lead: what is written, and what that stands for."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from billing.rules.targets import Target, target_of, why_closed


class TestTargetOf:
    @pytest.mark.parametrize(
        ("url", "target"),
        [
            ("https://example.com", Target("https", "example.com", 443, "/")),
            ("http://Example.COM:8080/a?b=c", Target("http", "example.com", 8080, "/a?b=c")),
            ("https://example.com?b=c", Target("https", "example.com", 443, "/?b=c")),
            ("https://xn--bcher-kva.example/", Target("https", "xn--bcher-kva.example", 443, "/")),
            ("https://93.184.216.34/x", Target("https", "93.184.216.34", 443, "/x")),
            ("https://[2606:2800:220:1::]:8443/x", Target("https", "2606:2800:220:1::", 8443, "/x")),
        ],
    )
    def test_tells_the_parts_of_a_url(self, url: str, target: Target) -> None:
        assert target_of(url) == target

    @pytest.mark.parametrize(
        ("url", "why"),
        [
            ("ftp://example.com/", "begins with https"),
            ("HTTPS://example.com/", "begins with https"),
            ("//example.com/", "begins with https"),
            ("https:/example.com/", "begins with https"),
            ("https:///x", "names no host"),
            ("https://:443/", "names no host"),
            ("https://user:secret@example.com/", "no user and no password"),
            ("https://example.com@127.0.0.1/", "no user and no password"),
            ("https://example.com#@127.0.0.1/", "no #"),
            ("https://example.com\\@127.0.0.1/", "plain letters"),
            ("https://example.com /", "plain letters"),
            ("https://example.com/\r\nx: y", "plain letters"),
            ("https://bücher.example/", "plain letters"),
            ("https://①②⑦.0.0.1/", "plain letters"),
            ("https://example.com:0/", "from 1 to 65535"),
            ("https://example.com:65536/", "from 1 to 65535"),
            ("https://example.com:/", "its port is no number"),
            ("https://example.com:8o/", "its port is no number"),
            ("https://2130706433/", "no plain IPv4"),
            ("https://0x7f000001/", "no plain IPv4"),
            ("https://0x7f.1/", "no plain IPv4"),
            ("https://127.1/", "no plain IPv4"),
            ("https://0177.0.0.1/", "no plain IPv4"),
            ("https://127.0.0.01/", "no plain IPv4"),
            ("https://127.0.0.0x1/", "no plain IPv4"),
            ("https://256.0.0.1/", "no IPv4"),
            ("https://1.2.3.4.5/", "no plain IPv4"),
            ("https://127.0.0.1./", "no host name"),
            ("https://example.com./", "no host name"),
            ("https://-example.com/", "no host name"),
            ("https://exa_mple.com/", "no host name"),
            ("https://ex%61mple.com/", "no host name"),
            ("https://[::1/", "names no host"),
            ("https://[::1%25eth0]/", "names no host"),
            ("https://[1::2::3]/", "no IPv6"),
            (f"https://example.com/{'x' * 2000}", "2,000 characters"),
        ],
    )
    def test_refuses_what_two_programs_might_read_differently(self, url: str, why: str) -> None:
        with pytest.raises(ValueError, match=why):
            target_of(url)


class TestWhyClosed:
    @pytest.mark.parametrize(
        ("address", "why"),
        [
            ("127.0.0.1", "loopback"),
            ("127.255.255.254", "loopback"),
            ("0.0.0.0", "this host"),
            ("10.0.0.1", "private"),
            ("172.16.0.1", "private"),
            ("172.31.255.255", "private"),
            ("192.168.1.1", "private"),
            ("169.254.169.254", "link-local"),
            ("100.64.0.1", "shared by a provider"),
            ("100.127.255.255", "shared by a provider"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("255.255.255.255", "reserved"),
            ("240.0.0.1", "reserved"),
            ("192.0.0.1", "reserved"),
            ("198.18.0.1", "reserved"),
            ("192.0.2.1", "for documentation"),
            ("192.88.99.1", "a tunnel"),
            ("::", "this host"),
            ("::1", "loopback"),
            ("fe80::1", "link-local"),
            ("fe80::1%eth0", "link-local"),
            ("fc00::1", "private"),
            ("fd12:3456::1", "private"),
            ("fec0::1", "private"),
            ("ff02::1", "multicast"),
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:10.0.0.1", "private"),
            ("::ffff:169.254.169.254", "link-local"),
            ("::127.0.0.1", "reserved"),
            ("64:ff9b::7f00:1", "loopback"),
            ("64:ff9b::a9fe:a9fe", "link-local"),
            ("64:ff9b:1::1", "reserved"),
            ("2002:7f00:1::", "a tunnel"),
            ("2001::1", "reserved"),
            ("2001:db8::1", "for documentation"),
            ("3fff::1", "for documentation"),
            ("4000::1", "reserved"),
        ],
    )
    def test_names_what_is_nobodys_public_address(self, address: str, why: str) -> None:
        assert why_closed(ip_address(address)) == why

    @pytest.mark.parametrize(
        "address",
        [
            *("93.184.216.34", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1"),
            *("169.253.0.1", "223.255.255.255", "2606:2800:220:1::", "2a00:1450::1", "::ffff:1.1.1.1"),
            *("64:ff9b::101:101", "2001:200::1"),
        ],
    )
    def test_has_nothing_to_say_of_public_ones(self, address: str) -> None:
        assert why_closed(ip_address(address)) == ""
