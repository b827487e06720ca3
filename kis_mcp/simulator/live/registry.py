"""Who is registered for what: one session for each app key, and 41 slots in each."""

from functools import cached_property

from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.live.channels import Channels, Trs, is_notice, trs_of
from kis_mcp.simulator.live.cipher import Cipher
from kis_mcp.simulator.live.links import Link, Subscription
from kis_mcp.simulator.live.messages import Refused, Registration, answer, read_registration

MOST_SLOTS = 41


class Registry:
    """Takes the messages of clients.

    Args:
        kis: Knows approval keys and the world.
        channels: What can be registered for, notices of orders apart.
    """

    def __init__(self, kis: EmbeddedKis, channels: Channels) -> None:
        self._kis = kis
        self._channels = channels
        self._holders: dict[str, Link] = {}

    @cached_property
    def _trs(self) -> Trs:
        return trs_of(self._kis.table)

    def take(self, link: Link, text: str) -> None:
        """Do what a message asks for, and answer it."""
        try:
            wish = read_registration(text, needs_custtype=self._kis.switches["custtype_required"])
            if wish is not None:
                self._do(link, wish)
        except Refused as refused:
            link.send(answer(refused.code, refused.channel))

    def forget(self, link: Link) -> None:
        """Free the sessions of a link that has ended."""
        link.subscriptions.clear()
        self._holders = {owner: holder for owner, holder in self._holders.items() if holder is not link}

    def _do(self, link: Link, wish: Registration) -> None:
        channel = wish.channel
        owner = self._kis.approved(link.host, wish.approval_key)
        if owner is None:
            raise Refused("OPSP0011", channel)
        holder = self._holders.get(owner, link)
        if holder is not link and holder.is_open:
            raise Refused("OPSP8996")
        self._holders[owner] = link
        api = self._trs[link.host].get(channel.tr_id)
        if api is None:
            raise Refused("OPSP0007", channel)
        had = link.subscriptions.get(channel)
        if wish.ends:
            if had is None:
                raise Refused("OPSP0003", channel)
            del link.subscriptions[channel]
            link.send(answer("OPSP0001", channel, cipher=had.cipher))
            return
        encrypts = is_notice(api)
        if had is not None:
            link.send(answer("OPSP0002", channel, encrypts=encrypts, cipher=had.cipher))
            return
        if len(link.subscriptions) >= MOST_SLOTS:
            raise Refused("OPSP0008", channel)
        known = self._channels.is_known
        if not encrypts and not self._kis.read(lambda world, now: known(world, channel.tr_id, channel.key, now)):
            raise Refused("OPSP8992", channel)
        new = Subscription(channel, owner, api, Cipher.draw(), self._kis.clock())
        link.send(answer("OPSP0000", channel, encrypts=encrypts, cipher=new.cipher))
        link.subscriptions[channel] = new
