//! Plans of any size in the shape of `terraform show -json`: the same bytes for the same options.

use std::io::{self, Write};

/// What a plan is made of.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// Number of changes.
    pub(crate) changes: u64,
    /// Percentage of them that do something.
    pub(crate) live: u64,
}

/// A resource type. In the texts `@n` stands for the number of the change, `@h` for digits of an identifier, `@k` for the key of the instance.
struct Kind {
    name: &'static str,
    /// How many of a hundred blocks are of this type.
    share: u64,
    /// One attribute a line, in the order that Terraform writes; `~` marks those that are known only after apply.
    attributes: &'static str,
    /// Which part of the attributes an update changes, and into what.
    update: (&'static str, &'static str),
    /// The attribute that forces a replace.
    forces: &'static str,
}

/// The attributes are those of the AWS provider; the shares are those of stacks that are big because of rules, records and attachments.
const KINDS: [Kind; 9] = [
    Kind {
        name: "aws_security_group_rule",
        share: 26,
        attributes: r#"
            "cidr_blocks":["10.@b.0.0/16","10.@c.64.0/18"]
            "description":"from @k to the service"
            "from_port":8443
            ~"id":"sgrule-@h"
            "ipv6_cidr_blocks":null
            "prefix_list_ids":null
            "protocol":"tcp"
            ~"security_group_id":"sg-0@h"
            "self":false
            ~"source_security_group_id":null
            "to_port":8443
            "type":"ingress""#,
        update: ("to the service", "to the new service"),
        forces: "cidr_blocks",
    },
    Kind {
        name: "aws_route53_record",
        share: 20,
        attributes: r#"
            "alias":[]
            "allow_overwrite":null
            "failover_routing_policy":[]
            ~"fqdn":"host-@n.eu.example.com"
            "geolocation_routing_policy":[]
            "health_check_id":null
            ~"id":"Z0@h_host-@n.eu.example.com_A"
            "latency_routing_policy":[]
            "multivalue_answer_routing_policy":null
            "name":"host-@n.eu.example.com"
            "records":["10.@b.@c.17"]
            "set_identifier":null
            "ttl":300
            "type":"A"
            "weighted_routing_policy":[]
            "zone_id":"Z0@h""#,
        update: (r#""ttl":300"#, r#""ttl":60"#),
        forces: "name",
    },
    Kind {
        name: "aws_iam_role_policy_attachment",
        share: 14,
        attributes: r#"
            ~"id":"team-@n-20250314@h"
            "policy_arn":"arn:aws:iam::123456789012:policy/teams/@k/read-only-@b"
            "role":"team-@n""#,
        update: ("read-only", "read-write"),
        forces: "policy_arn",
    },
    Kind {
        name: "aws_subnet",
        share: 10,
        attributes: r#"
            ~"arn":"arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-0@h"
            "assign_ipv6_address_on_creation":false
            "availability_zone":"eu-west-1a"
            ~"availability_zone_id":"euw1-az2"
            "cidr_block":"10.@b.@c.0/24"
            "customer_owned_ipv4_pool":null
            "enable_dns64":false
            ~"id":"subnet-0@h"
            "ipv6_cidr_block":null
            ~"ipv6_cidr_block_association_id":""
            "ipv6_native":false
            "map_public_ip_on_launch":false
            "outpost_arn":null
            ~"owner_id":"123456789012"
            "private_dns_hostname_type_on_launch":"ip-name"
            "tags":{"Name":"private-@n","team":"@k"}
            "tags_all":{"Name":"private-@n","team":"@k"}
            "timeouts":null
            "vpc_id":"vpc-0@h""#,
        update: (
            r#""map_public_ip_on_launch":false"#,
            r#""map_public_ip_on_launch":true"#,
        ),
        forces: "cidr_block",
    },
    Kind {
        name: "aws_iam_role",
        share: 10,
        attributes: r#"
            ~"arn":"arn:aws:iam::123456789012:role/team-@n"
            "assume_role_policy":"{\"Statement\":[{\"Action\":\"sts:AssumeRole\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ecs-tasks.amazonaws.com\"},\"Sid\":\"\"}],\"Version\":\"2012-10-17\"}"
            ~"create_date":"2025-03-14T09:26:53Z"
            "description":"tasks of @k"
            "force_detach_policies":false
            ~"id":"team-@n"
            ~"inline_policy":[]
            ~"managed_policy_arns":["arn:aws:iam::123456789012:policy/teams/base"]
            "max_session_duration":3600
            "name":"team-@n"
            ~"name_prefix":""
            "path":"/"
            "permissions_boundary":null
            "tags":{"team":"@k"}
            "tags_all":{"team":"@k"}
            ~"unique_id":"AROA@h""#,
        update: (
            r#""max_session_duration":3600"#,
            r#""max_session_duration":7200"#,
        ),
        forces: "name",
    },
    Kind {
        name: "aws_instance",
        share: 8,
        attributes: r#"
            "ami":"ami-0a1b2c3d4e5f60718"
            ~"arn":"arn:aws:ec2:eu-west-1:123456789012:instance/i-0@h"
            ~"associate_public_ip_address":false
            ~"availability_zone":"eu-west-1a"
            "credit_specification":[{"cpu_credits":"standard"}]
            "disable_api_termination":false
            "ebs_block_device":[]
            "ebs_optimized":true
            "get_password_data":false
            "hibernation":null
            ~"host_id":""
            "iam_instance_profile":"team-@b"
            ~"id":"i-0@h"
            ~"instance_state":"running"
            "instance_type":"m6i.large"
            "key_name":"deploy"
            "launch_template":[]
            ~"metadata_options":[{"http_endpoint":"enabled","http_put_response_hop_limit":2,"http_tokens":"required","instance_metadata_tags":"disabled"}]
            "monitoring":true
            ~"placement_group":""
            ~"primary_network_interface_id":"eni-0@h"
            ~"private_dns":"ip-10-@b-@c-17.eu-west-1.compute.internal"
            ~"private_ip":"10.@b.@c.17"
            ~"public_dns":""
            ~"public_ip":""
            ~"root_block_device":[{"delete_on_termination":true,"device_name":"/dev/xvda","encrypted":true,"iops":3000,"kms_key_id":"arn:aws:kms:eu-west-1:123456789012:key/@h","throughput":125,"volume_id":"vol-0@h","volume_size":40,"volume_type":"gp3"}]
            ~"security_groups":[]
            "source_dest_check":true
            "subnet_id":"subnet-0@h"
            "tags":{"Name":"worker-@n","team":"@k"}
            "tags_all":{"Name":"worker-@n","team":"@k"}
            ~"tenancy":"default"
            "timeouts":null
            "user_data_base64":null
            "user_data_replace_on_change":false
            "volume_tags":null
            "vpc_security_group_ids":["sg-0@h","sg-1@h"]"#,
        update: (
            r#""instance_type":"m6i.large""#,
            r#""instance_type":"m6i.xlarge""#,
        ),
        forces: "ami",
    },
    Kind {
        name: "aws_cloudwatch_log_group",
        share: 6,
        attributes: r#"
            ~"arn":"arn:aws:logs:eu-west-1:123456789012:log-group:/teams/@h"
            ~"id":"/teams/@n"
            "kms_key_id":null
            "log_group_class":"STANDARD"
            "name":"/teams/@k/@n"
            ~"name_prefix":""
            "retention_in_days":90
            "skip_destroy":false
            "tags":{"team":"@k"}
            "tags_all":{"team":"@k"}"#,
        update: (r#""retention_in_days":90"#, r#""retention_in_days":365"#),
        forces: "name",
    },
    Kind {
        name: "aws_s3_bucket",
        share: 4,
        attributes: r#"
            ~"acceleration_status":""
            ~"acl":null
            ~"arn":"arn:aws:s3:::team-@n-uploads"
            "bucket":"team-@n-uploads"
            ~"bucket_domain_name":"team-@n-uploads.s3.amazonaws.com"
            ~"bucket_prefix":""
            ~"bucket_regional_domain_name":"team-@n-uploads.s3.eu-west-1.amazonaws.com"
            ~"cors_rule":[]
            "force_destroy":false
            ~"grant":[{"id":"@h","permissions":["FULL_CONTROL"],"type":"CanonicalUser","uri":""}]
            ~"hosted_zone_id":"Z1BKCTXD74EZPE"
            ~"id":"team-@n-uploads"
            ~"lifecycle_rule":[]
            ~"logging":[]
            ~"object_lock_configuration":[]
            ~"object_lock_enabled":false
            ~"policy":""
            ~"region":"eu-west-1"
            ~"replication_configuration":[]
            ~"request_payer":"BucketOwner"
            ~"server_side_encryption_configuration":[{"rule":[{"apply_server_side_encryption_by_default":[{"kms_master_key_id":"","sse_algorithm":"AES256"}],"bucket_key_enabled":false}]}]
            "tags":{"team":"@k"}
            "tags_all":{"team":"@k"}
            "timeouts":null
            ~"versioning":[{"enabled":true,"mfa_delete":false}]
            ~"website":[]"#,
        update: (r#""force_destroy":false"#, r#""force_destroy":true"#),
        forces: "bucket",
    },
    Kind {
        name: "aws_db_instance",
        share: 2,
        attributes: r#"
            ~"address":"team-@n.@h.eu-west-1.rds.amazonaws.com"
            "allocated_storage":100
            "allow_major_version_upgrade":null
            "apply_immediately":false
            ~"arn":"arn:aws:rds:eu-west-1:123456789012:db:team-@n"
            "auto_minor_version_upgrade":true
            ~"availability_zone":"eu-west-1a"
            "backup_retention_period":14
            ~"backup_window":"03:00-03:30"
            ~"ca_cert_identifier":"rds-ca-rsa2048-g1"
            "copy_tags_to_snapshot":true
            "db_subnet_group_name":"main"
            "delete_automated_backups":true
            "deletion_protection":false
            "enabled_cloudwatch_logs_exports":["postgresql"]
            ~"endpoint":"team-@n.@h.eu-west-1.rds.amazonaws.com:5432"
            "engine":"postgres"
            "engine_version":"16.3"
            "final_snapshot_identifier":"team-@n-final"
            ~"hosted_zone_id":"Z29XKXDKYMONMX"
            "iam_database_authentication_enabled":false
            ~"id":"db-@h"
            "identifier":"team-@n"
            "instance_class":"db.m6g.large"
            ~"kms_key_id":"arn:aws:kms:eu-west-1:123456789012:key/@h"
            ~"maintenance_window":"sun:04:00-sun:04:30"
            "max_allocated_storage":500
            "monitoring_interval":0
            "multi_az":true
            ~"option_group_name":"default:postgres-16"
            ~"parameter_group_name":"default.postgres16"
            "password":"made-up-@h"
            "performance_insights_enabled":false
            ~"port":5432
            "publicly_accessible":false
            ~"replicas":[]
            ~"resource_id":"db-@h"
            "skip_final_snapshot":false
            ~"status":"available"
            "storage_encrypted":true
            ~"storage_type":"gp3"
            "tags":{"team":"@k"}
            "tags_all":{"team":"@k"}
            "username":"app"
            "vpc_security_group_ids":["sg-0@h"]"#,
        update: (
            r#""backup_retention_period":14"#,
            r#""backup_retention_period":3"#,
        ),
        forces: "identifier",
    },
];

/// Instances of one block.
const INSTANCES: u64 = 8;
/// Instances of the one module.
const TEAMS: u64 = 20;
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    NoOp,
    Create,
    Update,
    Delete,
    DeleteCreate,
    CreateDelete,
}

/// One change: everything about it follows from its number.
struct Change {
    number: u64,
    kind: &'static Kind,
    team: Option<u64>,
    action: Action,
}

/// A number that looks random and only depends on what it is made of (the finalizer of splitmix64).
fn mix(number: u64, salt: u64) -> u64 {
    let mut z = number.wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Change {
    fn new(number: u64, options: Options) -> Self {
        let block = number / INSTANCES;
        let mut left = mix(block, 1) % 100;
        let kind = KINDS.iter().find(|kind| {
            let found = left < kind.share;
            left = left.saturating_sub(kind.share);
            found
        });
        let action = if mix(number, 2) % 100 >= options.live {
            Action::NoOp
        } else {
            match mix(number, 3) % 100 {
                0..30 => Action::Create,
                30..70 => Action::Update,
                70..85 => Action::Delete,
                85..96 => Action::DeleteCreate,
                _ => Action::CreateDelete,
            }
        };
        Self {
            number,
            kind: kind.unwrap_or(&KINDS[0]),
            team: (block % 2 == 1).then_some(block / 2 % TEAMS),
            action,
        }
    }

    /// The block's name.
    fn name(&self) -> String {
        format!("block_{}", self.number / INSTANCES)
    }

    /// The key of the instance as it stands in JSON: some have dots, quotes and letters beyond ASCII.
    fn key(&self) -> String {
        let shown = self.number % INSTANCES;
        match shown {
            1 => format!("eu.{shown}"),
            2 => "the \\\"second\\\"".to_owned(),
            3 => "zür/3".to_owned(),
            _ => format!("key-{shown}"),
        }
    }

    /// The address as it stands in JSON.
    fn address(&self) -> String {
        // In an address the quotes of a key are escaped once more.
        let key = self.key().replace("\\\"", "\\\\\\\"");
        let module = self.team.map_or_else(String::new, |team| {
            format!("module.team[\\\"t.{team}\\\"].")
        });
        format!("{module}{}.{}[\\\"{key}\\\"]", self.kind.name, self.name())
    }

    fn fill(&self, text: &str) -> String {
        let (hex, byte) = (format!("{:016x}", mix(self.number, 4)), mix(self.number, 5));
        text.replace("@n", &self.number.to_string())
            .replace("@h", &hex)
            .replace("@k", &self.key())
            .replace("@b", &(byte % 256).to_string())
            .replace("@c", &(byte / 256 % 256).to_string())
    }

    /// The attributes as an object: all of them, or only those that are known before apply.
    fn object(&self, whole: bool) -> String {
        let lines = self
            .kind
            .attributes
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        let members: Vec<&str> = lines
            .filter_map(|line| {
                if whole {
                    Some(line.trim_start_matches('~'))
                } else {
                    (!line.starts_with('~')).then_some(line)
                }
            })
            .collect();
        format!("{{{}}}", members.join(","))
    }

    /// The mask of what is not known before apply.
    fn unknown(&self) -> String {
        let lines = self
            .kind
            .attributes
            .lines()
            .filter_map(|line| line.trim().strip_prefix('~')?.split_once(':'));
        let members: Vec<String> = lines.map(|(name, _)| format!("{name}:true")).collect();
        format!("{{{}}}", members.join(","))
    }

    fn before(&self) -> Option<String> {
        (self.action != Action::Create).then(|| self.fill(&self.object(true)))
    }

    fn after(&self) -> Option<String> {
        let (from, to) = self.kind.update;
        match self.action {
            Action::Delete => None,
            Action::NoOp => self.before(),
            Action::Update => Some(self.fill(&self.object(true).replace(from, to))),
            Action::Create | Action::DeleteCreate | Action::CreateDelete => {
                Some(self.fill(&self.object(false).replace(from, to)))
            }
        }
    }

    /// The marks of what is sensitive, as the provider's schema has them.
    fn sensitive(&self) -> &'static str {
        match self.kind.name {
            "aws_db_instance" => {
                r#"{"password":true,"replicas":[],"tags":{},"tags_all":{},"vpc_security_group_ids":[false]}"#
            }
            name if name.ends_with("_rule") || name.ends_with("_attachment") => {
                r#"{"cidr_blocks":[false,false]}"#
            }
            _ => r#"{"tags":{},"tags_all":{}}"#,
        }
    }

    fn write_head(&self, out: &mut dyn Write) -> io::Result<()> {
        let (address, kind, name, key) = (self.address(), self.kind.name, self.name(), self.key());
        write!(out, r#"{{"address":"{address}","#)?;
        Ok(write!(
            out,
            r#""mode":"managed","type":"{kind}","name":"{name}","index":"{key}","provider_name":"{PROVIDER}","#
        )?)
    }

    fn write_change(&self, out: &mut dyn Write) -> io::Result<()> {
        let (actions, anew) = match self.action {
            Action::NoOp => (r#""no-op""#, false),
            Action::Create => (r#""create""#, true),
            Action::Update => (r#""update""#, false),
            Action::Delete => (r#""delete""#, false),
            Action::DeleteCreate => (r#""delete","create""#, true),
            Action::CreateDelete => (r#""create","delete""#, true),
        };
        let unknown = if anew {
            self.unknown()
        } else {
            "{}".to_owned()
        };
        self.write_head(out)?;
        let side = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
        let marks = |there: bool| if there { self.sensitive() } else { "false" };
        write!(
            out,
            r#""change":{{"actions":[{actions}],"before":{},"after":{},"#,
            side(self.before()),
            side(self.after())
        )?;
        write!(
            out,
            r#""after_unknown":{unknown},"before_sensitive":{},"#,
            marks(self.action != Action::Create)
        )?;
        write!(
            out,
            r#""after_sensitive":{}"#,
            marks(self.action != Action::Delete)
        )?;
        match self.action {
            Action::DeleteCreate | Action::CreateDelete => {
                write!(
                    out,
                    r#","replace_paths":[["{}"]]}},"action_reason":"replace_because_cannot_update"}}"#,
                    self.kind.forces
                )
            }
            Action::Delete => write!(out, r#"}},"action_reason":"delete_because_each_key"}}"#),
            Action::NoOp | Action::Create | Action::Update => write!(out, "}}}}"),
        }
    }
}

/// Writes a plan in one line.
pub(crate) fn write(options: Options, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        r#"{{"format_version":"1.2","terraform_version":"1.15.5","planned_values":{{"#
    )?;
    write_module(options, out, Change::after)?;
    write!(out, r#"}},"resource_changes":["#)?;
    for number in 0..options.changes {
        separate(out, number == 0)?;
        Change::new(number, options).write_change(out)?;
    }
    write!(
        out,
        r#"],"output_changes":{{}},"prior_state":{{"format_version":"1.0","terraform_version":"1.15.5","values":{{"#
    )?;
    write_module(options, out, Change::before)?;
    write!(
        out,
        r#"}}}},"configuration":{{"provider_config":{{"aws":{{"name":"aws","full_name":"{PROVIDER}","#
    )?;
    write!(
        out,
        r#""expressions":{{"region":{{"constant_value":"eu-west-1"}}}}}}}},"root_module":{{"resources":["#
    )?;
    write_blocks(options, out, false)?;
    write!(
        out,
        r#"],"module_calls":{{"team":{{"source":"./team","module":{{"resources":["#
    )?;
    write_blocks(options, out, true)?;
    writeln!(
        out,
        r#"]}}}}}}}}}},"timestamp":"2025-03-14T09:26:53Z","applyable":true,"complete":true,"errored":false}}"#
    )
}

/// All objects on one side of the plan, in their modules.
fn write_module(
    options: Options,
    out: &mut dyn Write,
    side: fn(&Change) -> Option<String>,
) -> io::Result<()> {
    let resources = |team: Option<u64>, out: &mut dyn Write| {
        let mut first = true;
        for number in 0..options.changes {
            let change = Change::new(number, options);
            if change.team == team
                && let Some(values) = side(&change)
            {
                separate(out, first)?;
                first = false;
                change.write_head(out)?;
                write!(
                    out,
                    r#""schema_version":0,"values":{values},"sensitive_values":{}}}"#,
                    change.sensitive()
                )?;
            }
        }
        Ok::<(), io::Error>(())
    };
    write!(out, r#""root_module":{{"resources":["#)?;
    resources(None, out)?;
    write!(out, r#"],"child_modules":["#)?;
    for team in 0..TEAMS {
        separate(out, team == 0)?;
        write!(
            out,
            r#"{{"address":"module.team[\"t.{team}\"]","resources":["#
        )?;
        resources(Some(team), out)?;
        write!(out, "]}}")?;
    }
    write!(out, "]}}")
}

/// The blocks of the configuration, each with an expression for a few attributes.
fn write_blocks(options: Options, out: &mut dyn Write, in_module: bool) -> io::Result<()> {
    let mut first = true;
    for number in (0..options.changes).step_by(INSTANCES as usize) {
        let change = Change::new(number, options);
        if change.team.is_some() == in_module {
            separate(out, first)?;
            first = false;
            let (kind, name) = (change.kind.name, change.name());
            write!(
                out,
                r#"{{"address":"{kind}.{name}","mode":"managed","type":"{kind}","name":"{name}","provider_config_key":"aws","#
            )?;
            write!(
                out,
                r#""expressions":{{"{}":{{"references":["each.value.name","each.value"]}},"#,
                change.kind.forces
            )?;
            write!(
                out,
                r#""tags":{{"references":["each.key","local.tags"]}}}},"schema_version":0,"for_each_expression":{{"references":["local.all"]}}}}"#
            )?;
        }
    }
    Ok(())
}

fn separate(out: &mut dyn Write, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { out.write_all(b",") }
}
