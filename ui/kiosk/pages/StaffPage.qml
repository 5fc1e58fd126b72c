pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk
import "../controls"

// For staff, behind the PIN: what is wrong, what waits, what was refused.
Page {
    id: root

    framed: false
    canBack: true
    canHome: false
    title: T.t("staff.title")
    primaryText: T.t("staff.refresh")
    primaryIcon: "refresh"
    onPrimary: Maintenance.refresh()

    function goBack(): void {
        Maintenance.close();
    }

    Scroller {
        anchors.fill: parent
        spacing: Theme.unit * 2

        Fact {
            width: parent ? parent.width : 0
            icon: Maintenance.online ? "check" : "offline"
            mark: Maintenance.online ? Theme.done : Theme.attention
            text: Maintenance.online ? T.t("staff.online") : T.t("staff.offline")
        }

        Fact {
            width: parent ? parent.width : 0
            icon: "ticket"
            text: T.f("staff.outbox", {"count": Maintenance.waitingUploads})
        }

        Fact {
            width: parent ? parent.width : 0
            icon: "info"
            text: Object.keys(Maintenance.versions).map(name => name + " " + Maintenance.versions[name]).join(T.t("list.dot"))
            visible: text !== ""
        }

        Notice {
            width: parent ? parent.width : 0
            text: T.t("line.clock-off")
            visible: Maintenance.clockOff
        }

        Notice {
            width: parent ? parent.width : 0
            text: T.t("staff.storeDamaged")
            visible: Maintenance.storeDamaged
        }

        KButton {
            width: parent ? parent.width : 0
            text: T.t("staff.leave")
            icon: "close"
            onClicked: Maintenance.leave()
        }

        Heading {
            text: T.t("staff.devices")
        }

        Repeater {
            model: Maintenance.devices

            StaffRow {
                required property var modelData

                width: parent ? parent.width : 0
                title: T.has("device." + modelData.kind) ? T.t("device." + modelData.kind) : modelData.name
                line: [T.has("state." + modelData.state) ? T.t("state." + modelData.state) : modelData.state].concat((modelData.conditions || []).map(code => T.has("condition." + code) ? T.t("condition." + code) : T.has(code) ? T.t(code) : code)).concat(modelData.detail ? [modelData.detail] : []).join(T.t("list.dot"))
                good: modelData.state === "ready" || modelData.state === "busy"
            }
        }

        Heading {
            text: T.t("staff.leases")
            visible: Maintenance.leases.length > 0
        }

        Repeater {
            model: Maintenance.leases

            StaffRow {
                required property var modelData

                width: parent ? parent.width : 0
                title: T.f("staff.lease", {"queue": modelData.queue})
                line: T.f("staff.leaseLeft", {"count": modelData.left})
                good: modelData.left > 0
            }
        }

        Heading {
            text: T.t("staff.parked")
        }

        KText {
            width: parent.width
            text: T.t("staff.parkedNone")
            visible: Maintenance.parked.length === 0
        }

        Repeater {
            model: Maintenance.parked

            StaffRow {
                required property var modelData

                width: parent ? parent.width : 0
                title: modelData.number
                line: modelData.queue + T.t("list.dot") + modelData.reason
                good: false
            }
        }
    }
}
